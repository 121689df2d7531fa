// What the loader accepts and refuses: malformed bytes, bad graphs, unknown parts of ONNX.
import { readFileSync } from 'node:fs';
import { attr } from '../../lib/graph/attribute.js';
import { Model } from '../../lib/model/model.js';
import { loadModel } from '../../lib/onnx/load.js';
import { encodeModel, type GraphProto } from '../../lib/onnx/schema.js';
import { bytesOf, f32 } from '../../lib/tensor/tensor.js';
import { npmModels } from '../helpers/npm-models.js';
import { type FileNode, fileGraph, fileNode } from '../helpers/onnx-file.js';
import { codeOf, file, relu, x } from '../helpers/small-model.js';

/** A small repeatable source of numbers below `limit`. */
function randomBelow(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % limit;
  };
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    if (rest < 128) return Buffer.from(bytes);
  }
}

describe('malformed bytes', () => {
  const small = npmModels.find((path) => path.endsWith('hey_jarvis_v0.1.onnx'))!;
  const bytes = new Uint8Array(readFileSync(small));

  test('cut anywhere: never anything but a KompaktError', () => {
    const lengths = [
      ...Array.from({ length: 600 }, (_, i) => i),
      ...Array.from({ length: 400 }, (_, i) => Math.floor((i * bytes.length) / 400)),
      ...Array.from({ length: 200 }, (_, i) => bytes.length - 1 - i),
    ];
    for (const length of lengths) expect(codeOf(bytes.subarray(0, length))).toMatch(/^KPT_(ONNX|GRAPH)/);
  });

  test('flipped bytes in the structure: a KompaktError or a model, never a crash', () => {
    const source = file(
      [relu('x', 'a'), { op: 'Softmax', inputs: ['a'], outputs: ['y'], attributes: { axis: attr.int(1) } }],
      {
        constants: { w: f32([2], [1, 2]) },
      },
    );
    const below = randomBelow(1);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const copy = source.slice();
      for (let flips = below(4) + 1; flips > 0; flips--) copy[below(copy.length)] = below(256);
      if (codeOf(copy) !== 'none') refused++;
    }
    expect(refused).toBeGreaterThan(1000);
  });

  test('random bytes', () => {
    const below = randomBelow(7);
    for (let round = 0; round < 500; round++)
      expect(codeOf(Uint8Array.from({ length: below(200) }, () => below(256)))).toMatch(/^KPT_ONNX/);
  });

  test('empty bytes, and the message names the file', () => {
    expect(codeOf(new Uint8Array(0))).toBe('KPT_ONNX_MALFORMED');
    expect(() => loadModel(bytes.subarray(0, 1000), { folder: null, file: 'cut.onnx' })).toThrow(
      /^cut\.onnx: .*1000 bytes/,
    );
  });

  test('graphs nested without end are refused', () => {
    // Model.graph = field 7, Graph.node = 1, Node.attribute = 5, Attribute.g = 6.
    let bytes = Buffer.alloc(0);
    for (let depth = 0; depth < 200; depth++)
      for (const field of [6, 5, 1])
        bytes = Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
    expect(codeOf(Buffer.concat([varint(7 * 8 + 2), varint(bytes.length), bytes]))).toBe(
      'KPT_ONNX_MALFORMED',
    );
  });
});

describe('bytes of a caller', () => {
  const model = npmModels[0]!;
  const constantsOf = (loaded: Model): Uint8Array[] =>
    [...loaded.graph.constants.values()].flatMap((value) =>
      Array.isArray(value.data) ? [] : [bytesOf(value)],
    );

  test('stay as they are, and what becomes of them does not reach the model', () => {
    const given = readFileSync(model);
    const before = Buffer.from(given);
    const loaded = Model.loadSync(given);
    expect(given.equals(before)).toBe(true);
    given.fill(0);
    const fromFile = constantsOf(Model.loadSync(model));
    expect(fromFile.some((constant) => constant.length >= 4096)).toBe(true);
    for (const [i, constant] of constantsOf(loaded).entries())
      expect(Buffer.compare(constant, fromFile[i]!)).toBe(0);
  });
});

describe('graphs', () => {
  test('nodes in any order are sorted', () => {
    const model = Model.loadSync(file([relu('b', 'y'), relu('a', 'b'), relu('x', 'a')]));
    expect(model.graph.nodes.map((node) => node.outputs[0])).toEqual(['a', 'b', 'y']);
  });

  test.each([
    ['a cycle', [{ op: 'Add', inputs: ['x', 'b'], outputs: ['a'] }, relu('a', 'b'), relu('b', 'y')], /cycle/],
    ['a node that feeds itself', [{ op: 'Add', inputs: ['x', 'y'], outputs: ['y'] }], /cycle/],
    ['a value without producer', [relu('nothing', 'y')], /'nothing'/],
    ['an output without producer', [relu('x', 'a')], /'y'/],
    ['a value made twice', [relu('x', 'y'), relu('x', 'y')], /'y'.*twice/],
    ['an input made again', [relu('x', 'x'), relu('x', 'y')], /'x'.*twice/],
  ] as [string, FileNode[], RegExp][])('%s', (_, nodes, message) => {
    const bytes = file(nodes);
    expect(codeOf(bytes)).toBe('KPT_GRAPH_INVALID');
    expect(() => Model.loadSync(bytes)).toThrow(message);
  });

  test.each<[string, (graph: GraphProto) => GraphProto, RegExp]>([
    ['an initializer', (g) => ({ ...g, initializer: [...g.initializer!, ...g.initializer!] }), /'w'.*twice/],
    ['an input', (g) => ({ ...g, input: [...g.input!, ...g.input!] }), /'x'.*twice/],
    ['an output', (g) => ({ ...g, output: [...g.output!, ...g.output!] }), /'y'.*twice/],
    [
      'an initializer and the output of a node',
      (g) => ({ ...g, initializer: [{ ...g.initializer![0], name: 'y' }, ...g.initializer!] }),
      /'y'.*twice/,
    ],
  ])('%s of a name that is there already', (_, change, message) => {
    const graph = fileGraph({
      inputs: x,
      constants: { w: f32([3], [1, 2, 3]) },
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      outputs: { y: 'float32' },
    });
    const opsetImport = [{ domain: '', version: 18 }];
    expect(codeOf(encodeModel({ irVersion: 8, graph, opsetImport }))).toBe('none');
    const bytes = encodeModel({ irVersion: 8, graph: change(graph), opsetImport });
    expect(codeOf(bytes)).toBe('KPT_GRAPH_INVALID');
    expect(() => Model.loadSync(bytes)).toThrow(message);
  });

  test('an attribute or a function given twice', () => {
    const twice = fileGraph({ inputs: x, nodes: [relu('x', 'y')], outputs: { y: 'float32' } });
    const axis = { name: 'axis', type: 2, i: 1 };
    const graph = { ...twice, node: [{ ...twice.node![0], attribute: [axis, axis] }] };
    const opsetImport = [{ domain: '', version: 18 }];
    expect(codeOf(encodeModel({ irVersion: 8, graph, opsetImport }))).toBe('KPT_ONNX_MALFORMED');
    const fn = { name: 'f', domain: 'mine', input: ['a'], output: ['b'], node: [fileNode(relu('a', 'b'))] };
    const call = { irVersion: 8, graph: twice, opsetImport };
    expect(codeOf(encodeModel({ ...call, functions: [fn] }))).toBe('none');
    expect(codeOf(encodeModel({ ...call, functions: [fn, fn] }))).toBe('KPT_GRAPH_INVALID');
  });

  test('unknown operators and domains load and are kept', () => {
    const bytes = file(
      [
        {
          op: 'Frobnicate',
          inputs: ['x'],
          outputs: ['y'],
          domain: 'org.example',
          attributes: { n: attr.ints([3, 2 ** 40]) },
        },
      ],
      {
        domains: { 'org.example': 3 },
      },
    );
    const again = Model.loadSync(Model.loadSync(bytes).toBytes()).graph;
    expect(again.nodes[0]).toMatchObject({
      op: 'Frobnicate',
      domain: 'org.example',
      attributes: { n: attr.ints([3, 2 ** 40]) },
    });
    expect(again.opsets).toEqual({ '': 18, 'org.example': 3 });
  });

  test('a newer opset is kept, an unknown element type refused', () => {
    expect(Model.loadSync(file([relu('x', 'y')], { opset: 21 })).graph.opsets).toEqual({ '': 21 });
    const graph = {
      ...fileGraph({ inputs: x, nodes: [relu('x', 'y')], outputs: { y: 'float32' } }),
      input: [{ name: 'x', type: { tensorType: { elemType: 17 } } }],
    };
    expect(codeOf(encodeModel({ irVersion: 8, graph, opsetImport: [{ domain: '', version: 18 }] }))).toBe(
      'KPT_ONNX_UNSUPPORTED',
    );
  });

  test.each([
    ['maps', { mapType: new Uint8Array(2) }],
    ['sequences of sequences', { sequenceType: { elemType: { sequenceType: {} } } }],
  ])('%s are refused', (_, type) => {
    const graph = {
      ...fileGraph({ inputs: x, nodes: [], outputs: {} }),
      input: [{ name: 'x', type }],
    };
    expect(codeOf(encodeModel({ irVersion: 8, graph, opsetImport: [{ domain: '', version: 18 }] }))).toBe(
      'KPT_ONNX_UNSUPPORTED',
    );
  });

  test('initializers that are listed as inputs are constants; free sizes keep their names', () => {
    const graph = fileGraph({
      inputs: { ...x, w: f32([3], [1, 2, 3]) },
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      constants: { w: f32([3], [1, 2, 3]) },
      outputs: { y: 'float32' },
    });
    const dim = [{ dimParam: 'N' }, {}, { dimValue: -1 }, { dimValue: 3 }];
    const free = { name: 'x', type: { tensorType: { elemType: 1, shape: { dim } } } };
    const { graph: loaded } = Model.loadSync(
      encodeModel({
        irVersion: 3,
        graph: { ...graph, input: [free, ...graph.input!.slice(1)] },
        opsetImport: [{ domain: 'ai.onnx', version: 9 }],
      }),
    );
    expect(loaded.inputs).toEqual([{ name: 'x', dtype: 'float32', dims: ['N', null, null, 3] }]);
    expect([...loaded.constants.keys()]).toEqual(['w']);
  });

  test('a chain of 50,000 nodes in reverse order loads in time that grows linearly', () => {
    const chain = (length: number) =>
      file(
        Array.from({ length }, (_, i) =>
          relu(i === 0 ? 'x' : `v${i}`, i === length - 1 ? 'y' : `v${i + 1}`),
        ).reverse(),
      );
    const bytes = chain(50_000);
    const start = performance.now();
    const { graph } = Model.loadSync(bytes);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(graph.nodes).toHaveLength(50_000);
    expect(graph.nodes[0]!.inputs).toEqual(['x']);
  });
});
