import { freezeGraph, type Graph, type Node } from '../../lib/graph/graph.js';
import { argMax, compareProbes, matchLayers, type Probe } from '../../lib/report/compare.js';
import { f32, type TensorValue } from '../../lib/tensor/tensor.js';

const node = (op: string, inputs: string[], outputs: string[], name = outputs[0]!): Node => ({
  name,
  op,
  domain: '',
  inputs,
  outputs,
  attributes: {},
});

const graph = (nodes: Node[], output = 'y'): Graph =>
  freezeGraph({
    name: 'g',
    inputs: [{ name: 'x', dtype: 'float32', dims: [2] }],
    outputs: [{ name: output, dtype: 'float32', dims: [2] }],
    nodes,
    constants: new Map(),
    opsets: { '': 18 },
  });

const floatGraph = graph([
  node('Relu', ['x'], ['a']),
  node('Sigmoid', ['a'], ['b']),
  node('Softmax', ['b'], ['y']),
]);
const quantGraph = graph([
  node('Relu', ['x'], ['a']),
  node('QuantizeLinear', ['a', 's', 'z'], ['a_q']),
  node('DequantizeLinear', ['a_q', 's', 'z'], ['a_dq']),
  node('Sigmoid', ['a_dq'], ['b_renamed'], 'b'),
  node('Softmax', ['b_renamed'], ['y']),
]);

test('a value is matched by its restored form, its name, or its node', () => {
  expect([...matchLayers(floatGraph, quantGraph)]).toEqual([
    ['a', 'a_dq'],
    ['b', 'b_renamed'],
  ]);
  expect([...matchLayers(floatGraph, floatGraph)]).toEqual([
    ['a', 'a'],
    ['b', 'b'],
  ]);
});

test('a node that swallowed the one behind it is not compared with its old self', () => {
  const folded = graph([node('Relu', ['x'], ['b'], 'a'), node('Softmax', ['b'], ['y'])]);
  expect([...matchLayers(floatGraph, folded)]).toEqual([['b', 'b']]);
});

/** A probe whose values are fixed tables. */
const probe = (of: Graph, values: Record<string, readonly number[]>): Probe => ({
  graph: of,
  evaluate: async (_, names) =>
    new Map(names.map((name) => [name, f32([values[name]!.length], values[name]!)])),
});

async function* samples(count: number): AsyncIterable<ReadonlyMap<string, TensorValue>> {
  for (let i = 0; i < count; i++) yield new Map([['x', f32([2], [i, 1])]]);
}

test('layers are measured, the worst first, and agreement counts equal maxima', async () => {
  const done: number[] = [];
  const comparison = await compareProbes(
    probe(floatGraph, { a: [10, 0], b: [10, 0], y: [0, 1] }),
    probe(quantGraph, { a_dq: [9.9, 0], b_renamed: [9, 0], y: [0, 1] }),
    samples(3),
    { onSample: (count) => done.push(count) },
  );
  expect(done).toEqual([1, 2, 3]);
  expect(comparison.samples).toBe(3);
  expect(comparison.top1Agreement).toBe(1);
  expect(comparison.outputs).toEqual([
    {
      name: 'y',
      node: 'y',
      op: 'Softmax',
      sqnr: Number.POSITIVE_INFINITY,
      cosine: 1,
      maxAbsError: 0,
      notFinite: 0,
    },
  ]);
  expect(comparison.worst.map((layer) => layer.name)).toEqual(['b', 'a']);
  expect(comparison.worst[0]!.sqnr).toBeCloseTo(20, 5);
  expect(comparison.layers.map((layer) => layer.op)).toEqual(['Relu', 'Sigmoid']);
});

test('another maximum lowers the agreement', async () => {
  const { top1Agreement } = await compareProbes(
    probe(floatGraph, { y: [0, 1] }),
    probe(quantGraph, { y: [1, 0] }),
    samples(2),
    { layers: false },
  );
  expect(top1Agreement).toBe(0);
});

test('outputs of different size are an error, layers of different size are left out', async () => {
  const reference = probe(floatGraph, { a: [1, 2], b: [1, 2], y: [1, 2] });
  await expect(
    compareProbes(reference, probe(quantGraph, { a_dq: [1, 2], b_renamed: [1, 2], y: [1] }), samples(1)),
  ).rejects.toMatchObject({ code: 'KPT_SHAPE_MISMATCH' });
  const { layers } = await compareProbes(
    reference,
    probe(quantGraph, { a_dq: [1], b_renamed: [1, 2], y: [1, 2] }),
    samples(1),
  );
  expect(layers.map((layer) => layer.name)).toEqual(['b']);
});

test('no sample is an error', async () => {
  const same = probe(floatGraph, { y: [1, 2] });
  await expect(compareProbes(same, same, samples(0))).rejects.toMatchObject({
    code: 'KPT_CALIBRATION_EMPTY',
  });
});

test('argMax takes the first of equal elements', () => {
  expect(argMax([1, 3, 3, 2])).toBe(1);
  expect(argMax([9, 1, 3], 1, 2)).toBe(1);
});
