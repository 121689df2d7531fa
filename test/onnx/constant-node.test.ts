// Constant nodes and sparse initializers become graph constants.
import { attr } from '../../lib/graph/attribute.js';
import { Model } from '../../lib/model/model.js';
import { encodeModel } from '../../lib/onnx/schema.js';
import { f32, i64, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { referenceOf } from '../helpers/one-node.js';
import { type FileNode, fileGraph } from '../helpers/onnx-file.js';
import { codeOf, file, relu, x } from '../helpers/small-model.js';

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

  test('keeps all bits of integers', () => {
    const wide = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 5n];
    const ints = wide.map((v) => ({ low: Number(BigInt.asIntN(32, v)), high: Number(v >> 32n) }));
    const attribute = [{ name: 'value_ints', type: 7, ints }];
    const constant = { opType: 'Constant', input: [], output: ['y'], attribute };
    const one = { ...constant, output: ['z'], attribute: [{ name: 'value_int', type: 2, i: ints[0] }] };
    const graph = { ...fileGraph({ nodes: [], outputs: { y: 'int64', z: 'int64' } }), node: [constant, one] };
    const opsetImport = [{ domain: '', version: 18 }];
    const { constants } = Model.loadSync(encodeModel({ irVersion: 8, graph, opsetImport })).graph;
    expect([...constants.get('y')!.data]).toEqual(wide);
    expect([...constants.get('z')!.data]).toEqual([wide[0]]);
  });

  test('that is left in a graph has the integers of its attribute', () => {
    const attributes = { value_ints: attr.ints([2 ** 63, -(2 ** 63), 7]) };
    const [y] = referenceOf({ op: 'Constant', inputs: [], attributes });
    expect([...y!.data]).toEqual([2n ** 63n - 1n, -(2n ** 63n), 7n]);
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
