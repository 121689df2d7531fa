// What the loader accepts, repairs and refuses: malformed bytes, bad graphs, names, functions, constants.
import { readFileSync } from 'node:fs';
import { isKompaktError } from '../../lib/errors.js';
import { attr } from '../../lib/graph/attribute.js';
import { verify } from '../../lib/graph/verify.js';
import { loadModel } from '../../lib/onnx/load.js';
import { Model } from '../../lib/onnx/model.js';
import { encodeModel, type FunctionProto } from '../../lib/onnx/schema.js';
import { f32, i64, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { npmModels } from '../helpers/npm-models.js';
import {
  type FileNode,
  type FileOptions,
  fileGraph,
  fileNode,
  onnxFile,
  ramp,
  runInOrt,
} from '../helpers/onnx-file.js';

const x = { x: ramp('float32', [2, 3]) };
const relu = (from: string, to: string): FileNode => ({ op: 'Relu', inputs: [from], outputs: [to] });
const file = (nodes: readonly FileNode[], rest: Partial<FileOptions> = {}) =>
  onnxFile({ opset: 18, inputs: x, nodes, outputs: { y: 'float32' }, ...rest });

function codeOf(bytes: Uint8Array): string {
  try {
    Model.loadSync(bytes);
  } catch (error) {
    if (isKompaktError(error)) return error.code;
    throw error;
  }
  return 'none';
}

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

  test('sequences are refused', () => {
    const graph = {
      ...fileGraph({ inputs: x, nodes: [], outputs: {} }),
      input: [{ name: 'x', type: { sequenceType: new Uint8Array(2) } }],
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

describe('Constant nodes', () => {
  const cases: [string, FileNode['attributes'], TensorValue][] = [
    ['value', { value: attr.tensor(f32([2], [1, 2])) }, f32([2], [1, 2])],
    ['value_float', { value_float: attr.float(0.5) }, f32([], [0.5])],
    ['value_floats', { value_floats: attr.floats([0.5, 2]) }, f32([2], [0.5, 2])],
    ['value_int', { value_int: attr.int(-7) }, i64([-7], [])],
    ['value_ints', { value_ints: attr.ints([3, -4]) }, i64([3, -4])],
    ['value_string', { value_string: attr.string('é') }, { dtype: 'string', dims: [], data: ['é'] }],
    [
      'value_strings',
      { value_strings: attr.strings(['a', 'b']) },
      { dtype: 'string', dims: [2], data: ['a', 'b'] },
    ],
  ];
  test.each(cases)('%s becomes a graph constant', (_, attributes, value) => {
    const bytes = file([relu('x', 'y'), { op: 'Constant', inputs: [], outputs: ['c'], attributes }]);
    const { graph } = Model.loadSync(bytes);
    expect(graph.nodes.map((node) => node.op)).toEqual(['Relu']);
    expect(graph.constants.get('c')).toEqual(value);
  });

  test('without a value', () => {
    expect(codeOf(file([{ op: 'Constant', inputs: [], outputs: ['y'] }]))).toBe('KPT_ONNX_MALFORMED');
  });

  test.each([
    ['flat indices', i64([1, 5])],
    ['coordinates', i64([0, 1, 1, 2], [2, 2])],
  ])('sparse initializer with %s', (_, indices) => {
    const graph = fileGraph({
      inputs: x,
      nodes: [{ op: 'Add', inputs: ['x', 's'], outputs: ['y'] }],
      constants: { s: f32([2], [8, 9]), indices },
      outputs: { y: 'float32' },
    });
    const [values, places] = graph.initializer!;
    const sparse = {
      ...graph,
      initializer: [],
      sparseInitializer: [{ values, indices: places, dims: [2, 3] }],
    };
    const loaded = Model.loadSync(
      encodeModel({ irVersion: 8, graph: sparse, opsetImport: [{ domain: '', version: 18 }] }),
    );
    expect([...toNumbers(loaded.graph.constants.get('s')!)]).toEqual([0, 8, 0, 0, 0, 9]);
    const outside = { ...sparse, sparseInitializer: [{ values, indices: places, dims: [2, 2] }] };
    expect(
      codeOf(encodeModel({ irVersion: 8, graph: outside, opsetImport: [{ domain: '', version: 18 }] })),
    ).toBe('KPT_ONNX_MALFORMED');
  });
});

test('names in subgraphs that repeat outer names are made unique', async () => {
  const branch = (op: string) =>
    fileGraph({ nodes: [{ op, inputs: ['x'], outputs: ['v'] }, relu('v', 'r')], outputs: { r: 'float32' } });
  const bytes = file([
    relu('x', 'v'),
    {
      op: 'Constant',
      inputs: [],
      outputs: ['c'],
      attributes: { value: attr.tensor({ dtype: 'bool', dims: [], data: Uint8Array.of(0) }) },
    },
    {
      op: 'If',
      inputs: ['c'],
      outputs: ['r'],
      subgraphs: { then_branch: branch('Abs'), else_branch: branch('Neg') },
    },
    { op: 'Add', inputs: ['v', 'r'], outputs: ['y'] },
  ]);
  const model = Model.loadSync(bytes);
  verify(model.graph);
  const [values] = [x.x.data as Float32Array];
  const { y } = await runInOrt(model.toBytes(), x);
  expect(y!.values).toEqual([...values].map((v) => Math.max(v, 0) + Math.max(-v, 0)));
});

describe('model-local functions', () => {
  const opsetImport = [{ domain: '', version: 11 }];
  /** Squeeze in its old form, an attribute from the call, an inner call, a default. */
  const functions: FunctionProto[] = [
    {
      name: 'Outer',
      domain: 'local',
      input: ['a', 'b'],
      output: ['out'],
      attribute: ['slope'],
      attributeProto: [{ name: 'shift', type: 1, f: 3 }],
      opsetImport: [...opsetImport, { domain: 'local', version: 1 }],
      node: [
        {
          ...fileNode({ op: 'LeakyRelu', inputs: ['a'], outputs: ['t'] }),
          attribute: [{ name: 'alpha', type: 1, refAttrName: 'slope' }],
        },
        {
          ...fileNode({ op: 'Constant', inputs: [], outputs: ['s'] }),
          attribute: [{ name: 'value_float', type: 1, refAttrName: 'shift' }],
        },
        fileNode({ op: 'Add', inputs: ['t', 's'], outputs: ['u'] }),
        fileNode({ op: 'Inner', inputs: ['u', 'b'], outputs: ['out'], domain: 'local' }),
      ],
    },
    {
      name: 'Inner',
      domain: 'local',
      input: ['a', 'b'],
      output: ['out'],
      opsetImport,
      node: [
        fileNode({ op: 'Unsqueeze', inputs: ['a'], outputs: ['t'], attributes: { axes: attr.ints([0]) } }),
        fileNode({ op: 'Mul', inputs: ['t', 'b'], outputs: ['out'] }),
      ],
    },
  ];
  const call = (to: string, attributes: FileNode['attributes']): FileNode => ({
    op: 'Outer',
    domain: 'local',
    inputs: ['x', 'w'],
    outputs: [to],
    attributes,
  });
  const bytes = file(
    [
      call('p', { slope: attr.float(0.5) }),
      call('q', { slope: attr.float(0.25), shift: attr.float(-1) }),
      { op: 'Add', inputs: ['p', 'q'], outputs: ['y'] },
    ],
    { constants: { w: f32([1], [2]) }, functions, domains: { local: 1 } },
  );

  test('are inlined, twice without clashes, at their own opset', async () => {
    const model = Model.loadSync(bytes);
    expect(model.graph.nodes.map((node) => node.op)).toEqual([
      'LeakyRelu',
      'Add',
      'Unsqueeze',
      'Mul',
      'LeakyRelu',
      'Add',
      'Unsqueeze',
      'Mul',
      'Add',
    ]);
    const leaky = (v: number, slope: number) => (v < 0 ? v * slope : v);
    const expected = [...(x.x.data as Float32Array)].map(
      (v) => (leaky(v, 0.5) + 3) * 2 + (leaky(v, 0.25) - 1) * 2,
    );
    const { y } = await runInOrt(model.toBytes(), x);
    expect(y!.dims).toEqual([1, 2, 3]);
    y!.values.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
  });

  test('that are operators of kompakt are kept and written', () => {
    const isOperator = (key: string) => key === 'local:Inner';
    const loaded = loadModel(bytes, { folder: null, file: 'model', isOperator });
    expect(loaded.graph.nodes.filter((node) => node.op === 'Inner')).toHaveLength(2);
    expect(loaded.functions.map((fn) => fn.name)).toEqual(['Inner']);
    const model = new Model(loaded.graph, loaded.metadata, loaded.functions);
    const again = loadModel(model.toBytes(), { folder: null, file: 'model', isOperator });
    expect(again.functions).toEqual(loaded.functions);
    expect(Model.loadSync(model.toBytes()).graph.nodes.map((node) => node.op)).toContain('Unsqueeze');
  });

  test('attribute references of kept functions survive', () => {
    const isOperator = (key: string) => key === 'local:Outer';
    const loaded = loadModel(bytes, { folder: null, file: 'model', isOperator });
    const [outer] = loaded.functions;
    expect(outer!.nodes[0]!.refs).toEqual({ alpha: { attribute: 'slope', type: 'float' } });
    expect(outer!.defaults).toEqual({ shift: attr.float(3) });
    const saved = new Model(loaded.graph, loaded.metadata, loaded.functions).toBytes();
    expect(loadModel(saved, { folder: null, file: 'model', isOperator }).functions).toEqual([outer]);
  });

  test('that call themselves are refused', () => {
    const [outer, inner] = functions as [FunctionProto, FunctionProto];
    const cyclic = {
      ...inner,
      node: [fileNode({ op: 'Outer', domain: 'local', inputs: ['a', 'b'], outputs: ['out'] })],
    };
    expect(
      codeOf(file([call('y', {})], { constants: { w: f32([1], [2]) }, functions: [outer, cyclic] })),
    ).toBe('KPT_GRAPH_INVALID');
  });

  test('that double at every level are refused before memory ends', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, i): FunctionProto => ({
        name: `F${i}`,
        domain: 'local',
        input: ['a'],
        output: ['out'],
        opsetImport,
        node:
          i === 0
            ? [fileNode(relu('a', 'out'))]
            : [
                fileNode({ op: `F${i - 1}`, domain: 'local', inputs: ['a'], outputs: ['t'] }),
                fileNode({ op: `F${i - 1}`, domain: 'local', inputs: ['t'], outputs: ['out'] }),
              ],
      }),
    );
    const bomb = file([{ op: 'F39', domain: 'local', inputs: ['x'], outputs: ['y'] }], {
      functions: doubling,
    });
    expect(codeOf(bomb)).toBe('KPT_TOO_LARGE');
  });
});
