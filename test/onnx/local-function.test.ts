// Model-local functions: inlined, or kept where they are operators of kompakt.
import { attr } from '../../lib/graph/attribute.js';
import { Model } from '../../lib/model/model.js';
import { loadModel } from '../../lib/onnx/load.js';
import type { FunctionProto } from '../../lib/onnx/schema.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { type FileNode, fileNode, runInOrt } from '../helpers/onnx-file.js';
import { codeOf, file, relu, x } from '../helpers/small-model.js';

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

  test.each<[string, Partial<FileNode>, string]>([
    ['inputs', { inputs: ['x', 'w', 'w'] }, 'has 3 inputs; its function has 2'],
    ['outputs', { outputs: ['y', 'z'] }, 'has 2 outputs; its function has 1'],
  ])('a call with more %s than the function has is refused', (_, more, message) => {
    const node = { ...call('y', { slope: attr.float(0.5) }), ...more };
    const wrong = file([node], { constants: { w: f32([1], [2]) }, functions, domains: { local: 1 } });
    expect(codeOf(wrong)).toBe('KPT_GRAPH_INVALID');
    expect(() => Model.loadSync(wrong)).toThrow(message);
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
