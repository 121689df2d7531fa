// Re-estimated statistics are those of the data: compared with mean and variance computed by hand, layer upon layer.
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { runReference } from '../../lib/run/reference.js';
import { f32, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { reestimateBatchNorm, withStatistics } from '../../lib/train/batch-norm.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { randomFloats } from '../helpers/random-floats.js';

const channels = 3;

/** BatchNormalization, a shift, BatchNormalization; running statistics shared and wrong. */
function twoLayers(): Graph {
  const g = new GraphBuilder('norms');
  const x = g.input('x', 'float32', ['N', channels, 4]);
  const fill = (value: number) => g.constant('c', f32([channels], new Float32Array(channels).fill(value)));
  const [mean, variance] = [fill(9), fill(7)];
  const norm = (from: string, scale: number) =>
    g.node('BatchNormalization', [from, fill(scale), fill(0.5), mean, variance])[0]!;
  const squared = g.node('Mul', [norm(x, 2), norm(x, 1)])[0]!;
  const [y] = g.node(
    'BatchNormalization',
    [squared, fill(1), fill(0), mean, variance],
    {},
    { outputs: ['y'] },
  );
  g.output(y!, 'float32', ['N', channels, 4]);
  return g.build();
}

const batch = (seed: number): ReadonlyMap<string, TensorValue> =>
  new Map([
    [
      'x',
      f32(
        [5, channels, 4],
        randomFloats(5 * channels * 4, seed, 3).map((v, i) => v + (i % 7)),
      ),
    ],
  ]);

async function* batches(count: number) {
  for (let i = 0; i < count; i++) yield batch(i + 1);
}

const statistics = (graph: Graph, layer: number) => {
  const node = graph.nodes.filter(({ op }) => op === 'BatchNormalization')[layer]!;
  return [3, 4].map((i) => [...toNumbers(graph.constants.get(node.inputs[i]!)!)]);
};

test('one batch: afterwards the network gives what it gives in training mode', async () => {
  const graph = twoLayers();
  const after = await reestimateBatchNorm(graph, batches(1), { batches: 1, threads: 1 });
  const y = toNumbers(runReference(after, batch(1)).get('y')!);
  for (let c = 0; c < channels; c++) {
    const own = y.filter((_, i) => Math.floor(i / 4) % channels === c);
    const mean = own.reduce((a, b) => a + b) / own.length;
    const variance = own.reduce((a, b) => a + (b - mean) ** 2, 0) / own.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(variance).toBeCloseTo(1, 3);
  }
  expect(after.outputs).toEqual(graph.outputs);
  expect(after.nodes.map(({ op }) => op)).toEqual(graph.nodes.map(({ op }) => op));
});

test('several batches: mean and variance over all samples, not over the averages', async () => {
  const after = await reestimateBatchNorm(twoLayers(), batches(9), { batches: 4, threads: 1 });
  const values = [1, 2, 3, 4].flatMap((seed) => [...toNumbers(batch(seed).get('x')!)]);
  const [means, variances] = statistics(after, 0);
  for (let c = 0; c < channels; c++) {
    const own = values.filter((_, i) => Math.floor(i / 4) % channels === c);
    const mean = own.reduce((a, b) => a + b) / own.length;
    expect(means![c]).toBeCloseTo(mean, 4);
    expect(variances![c]).toBeCloseTo(own.reduce((a, b) => a + (b - mean) ** 2, 0) / own.length, 4);
  }
  expect(statistics(after, 1)).toEqual(statistics(after, 0));
});

test('nothing to do, and nothing to do it with', async () => {
  const plain = buildNetwork('lenet-300-100').graph;
  expect(await reestimateBatchNorm(plain, batches(1), { batches: 1, threads: 1 })).toBe(plain);
  const graph = twoLayers();
  expect(await reestimateBatchNorm(graph, batches(0), { batches: 1, threads: 1 })).toBe(graph);
});

test('statistics that one layer has for itself keep their names, shared ones get others', () => {
  const own = buildNetwork('small-vgg', { width: 0.125 }).graph;
  const norms = own.nodes.filter(({ op }) => op === 'BatchNormalization');
  const [first] = norms;
  const found = { mean: new Float64Array(16).fill(2), variance: new Float64Array(16).fill(3) };
  const after = withStatistics(own, new Map([[first!.name, found]]));
  expect(after.nodes).toEqual(own.nodes);
  expect([...after.constants.keys()]).toEqual([...own.constants.keys()]);
  expect([...toNumbers(after.constants.get(first!.inputs[3]!)!)]).toEqual([...found.mean]);
  const shared = twoLayers();
  const three = { mean: new Float64Array(channels), variance: new Float64Array(channels) };
  const apart = withStatistics(shared, new Map([[shared.nodes[0]!.name, three]]));
  expect(statistics(apart, 0)[0]).toEqual([0, 0, 0]);
  expect(statistics(apart, 1)[0]).toEqual([9, 9, 9]);
});
