// Saving raises the opset where types or operators are younger than it: load, save and onnxruntime agree.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { Model } from '../../lib/model/model.js';
import { raiseOpset } from '../../lib/onnx/raise-opset.js';
import { runReference } from '../../lib/run/reference.js';
import { f32, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { runInOrt } from '../helpers/onnx-file.js';
import { noise } from '../helpers/run-reference.js';

const weights: Readonly<Record<string, TensorValue>> = {
  int4: tensor('int4', [3, 5], Int8Array.from([-8, 7, 0, 1, -1, 2, 3, -4, 5, 6, -7, 0, 1, 2, -3])),
  uint4: tensor('uint4', [3, 5], Uint8Array.from([0, 15, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])),
  int16: tensor(
    'int16',
    [3, 5],
    Int16Array.from({ length: 15 }, (_, i) => 1000 * i - 7000),
  ),
  uint16: tensor(
    'uint16',
    [3, 5],
    Uint16Array.from({ length: 15 }, (_, i) => 4000 * i),
  ),
};

const x = noise('float32', [2, 3], 1);

/** x times dequantised weights. */
function product(weight: TensorValue, scale: TensorValue, attributes = {}): Graph {
  const g = new GraphBuilder();
  const inputs = [g.constant('w', weight), g.constant('s', scale)];
  const [w] = g.node('DequantizeLinear', inputs, attributes);
  g.output(g.node('MatMul', [g.input('x', 'float32', [2, 3]), w!])[0]!, 'float32');
  return g.build();
}

/** The graph is saved at `opset`, and onnxruntime gives from the file what the reference gives. */
async function expectSaved(graph: Graph, feeds: Readonly<Record<string, TensorValue>>, opset: number) {
  const bytes = new Model(graph).toBytes();
  const again = await Model.load(bytes);
  expect(again.graph.opsets['']).toBe(opset);
  expect(raiseOpset(again.graph)).toBe(again.graph);
  const wanted = runReference(graph, new Map(Object.entries(feeds)));
  const [loaded, theirs] = [
    runReference(again.graph, new Map(Object.entries(feeds))),
    await runInOrt(bytes, feeds),
  ];
  for (const [name, value] of wanted) {
    expect(loaded.get(name)!.data).toEqual(value.data);
    expect(theirs[name]!.dims).toEqual([...value.dims]);
    toNumbers(value).forEach((v, i) => {
      expect(Math.abs(theirs[name]!.values[i]! - v)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(v)));
    });
  }
}

test.each(Object.entries(weights))('%s weights', (_, weight) =>
  expectSaved(product(weight, f32([], [0.01])), { x }, 21),
);

test('weights by blocks', () => {
  const scale = f32([2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  return expectSaved(
    product(weights.int4!, scale, { axis: attr.int(0), block_size: attr.int(2) }),
    { x },
    21,
  );
});

test('8 bits keep the opset', () => {
  const weight = tensor(
    'int8',
    [3, 5],
    Int8Array.from({ length: 15 }, (_, i) => i - 7),
  );
  const graph = product(weight, f32([], [0.01]));
  expect(raiseOpset(graph)).toBe(graph);
  return expectSaved(graph, { x }, 18);
});

test('a younger operator', () => {
  const g = new GraphBuilder();
  g.output(g.node('Gelu', [g.input('x', 'float32', [2, 3])])[0]!, 'float32');
  return expectSaved(g.build(), { x }, 20);
});

test('4 bits in the branch of an If raise the model and the branch', async () => {
  const branch = (weight: TensorValue): Graph => {
    const g = new GraphBuilder('branch', undefined, ['x']);
    const [w] = g.node('DequantizeLinear', [g.constant('w', weight), g.constant('s', f32([], [0.5]))]);
    g.output(g.node('MatMul', ['x', w!])[0]!, 'float32');
    return g.build();
  };
  const g = new GraphBuilder();
  g.input('x', 'float32', [2, 3]);
  const attributes = {
    then_branch: attr.graph(branch(weights.int4!)),
    else_branch: attr.graph(branch(weights.uint4!)),
  };
  const yes = g.input('yes', 'bool', []);
  g.output(g.node('If', [yes], attributes)[0]!, 'float32');
  const graph = g.build();
  await expectSaved(graph, { x, yes: tensor('bool', [], Uint8Array.of(1)) }, 21);
  await expectSaved(graph, { x, yes: tensor('bool', [], Uint8Array.of(0)) }, 21);
});

describe('operators whose form changed meanwhile', () => {
  /** A node beside a product with int4 weights. */
  function beside(op: string, inputs: readonly (TensorValue | null)[], attributes = {}): Graph {
    const g = new GraphBuilder();
    const names = inputs.map((value, i) =>
      value === null ? '' : i === 0 ? g.input('image', value.dtype, value.dims) : g.constant(`c${i}`, value),
    );
    const [w] = g.node('DequantizeLinear', [g.constant('w', weights.int4!), g.constant('s', f32([], [0.5]))]);
    g.output(g.node('MatMul', [g.input('x', 'float32', [2, 3]), w!])[0]!, 'float32');
    g.output(g.node(op, names, attributes)[0]!, 'float32');
    return g.build();
  }

  const cases: Readonly<Record<string, readonly [readonly (TensorValue | null)[], object]>> = {
    GroupNormalization: [
      [noise('float32', [2, 6, 4, 3]), f32([3], [1, 2, 3]), f32([3], [0.5, 0, -1])],
      { num_groups: attr.int(3) },
    ],
    GridSample: [
      [noise('float32', [1, 2, 5, 4]), noise('float32', [1, 3, 3, 2], 2)],
      { mode: attr.string('bicubic') },
    ],
    DFT: [[noise('float32', [1, 6, 4, 1])], { axis: attr.int(2) }],
  };

  test.each(Object.entries(cases))('%s', async (op, [inputs, attributes]) => {
    const graph = beside(op, inputs, attributes);
    await expectSaved(graph, { x, image: inputs[0]! }, 21);
  });
});
