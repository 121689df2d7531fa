// Networks to start from: published sizes, legal files that onnxruntime computes alike, weights decided by the seed alone.
import { isKompaktError } from '../../../lib/errors.js';
import type { Model } from '../../../lib/model/model.js';
import { GraphExecutor } from '../../../lib/session/executor.js';
import { f32, type TensorValue, toNumbers } from '../../../lib/tensor/tensor.js';
import { buildNetwork, type NetworkOptions, networks } from '../../../lib/train/networks/index.js';
import { onnxruntimeExecutor } from '../../helpers/onnxruntime-executor.js';
import { randomFloats } from '../../helpers/random-floats.js';

/** Trainable weights: all but running statistics, shapes and limits. */
function parameters(model: Model): number {
  const running = new Set(
    model.graph.nodes.filter((n) => n.op === 'BatchNormalization').flatMap((n) => n.inputs.slice(3)),
  );
  return [...model.graph.constants]
    .filter(([name, value]) => value.dims.length > 0 && !running.has(name))
    .reduce((sum, [, value]) => sum + value.data.length, 0);
}

/** Counted by hand from the papers' tables; mobilenet as Keras and torchvision count trainable weights. */
const published = new Map([
  ['lenet-300-100', 266_610],
  ['lenet-5', 431_080],
  ['small-vgg', 468_010],
  ['resnet-8', 78_042],
  ['resnet-20', 272_474],
  ['ds-cnn', 23_180],
  ['mobilenet-v1', 4_231_976],
  ['mobilenet-v2', 3_504_872],
  ['binary-cnn', 93_630],
  ['sfc', 336_670],
  ['lfc', 2_919_454],
]);

/** The large ones are computed narrow and on small pictures. */
const small = new Map<string, NetworkOptions>(
  ['mobilenet-v1', 'mobilenet-v2'].map((name) => [name, { input: [3, 64, 64], width: 0.25 }]),
);

test('every network has a published size here', () => {
  expect(networks.map((n) => n.name).sort()).toEqual([...published.keys()].sort());
});

describe.each(networks.map((network) => [network.name, network] as const))('%s', (name, network) => {
  const options: NetworkOptions = { input: network.input, ...small.get(name) };
  const model = buildNetwork(name, { ...options, seed: 3 });

  test('has as many parameters as published', () => {
    expect(parameters(small.has(name) ? buildNetwork(name) : model)).toBe(published.get(name));
  });

  test('onnxruntime computes the same, for one sample and for several', async () => {
    const theirs = await onnxruntimeExecutor(model.graph);
    const ours = new GraphExecutor(model.graph, 1);
    try {
      for (const batch of [1, 3]) {
        const dims = [batch, ...options.input!];
        const x = f32(
          dims,
          randomFloats(
            dims.reduce((a, b) => a * b, 1),
            batch,
          ),
        );
        const feeds = new Map<string, TensorValue>([['input', x]]);
        const [a, b] = [(await theirs(feeds)).get('logits')!, (await ours.run(feeds)).get('logits')!];
        expect(b.dims).toEqual([batch, network.classes]);
        const reach = Math.max(...toNumbers(a).map(Math.abs));
        expect(reach).toBeGreaterThan(0);
        toNumbers(a).forEach((v, i) => {
          expect(Math.abs(v - toNumbers(b)[i]!)).toBeLessThan(1e-4 * reach);
        });
      }
    } finally {
      ours.release();
    }
  });

  test('the seed decides the weights', () => {
    const again = buildNetwork(name, { ...options, seed: 3 });
    const other = buildNetwork(name, { ...options, seed: 4 });
    expect(Buffer.compare(again.toBytes(), model.toBytes())).toBe(0);
    expect(Buffer.compare(other.toBytes(), model.toBytes())).not.toBe(0);
  });
});

test('hyphens may be left out, and change nothing', () => {
  expect(buildNetwork('lenet5', { seed: 1 }).graph).toEqual(buildNetwork('lenet-5', { seed: 1 }).graph);
});

test('values neither grow nor vanish with depth: weights have variance 2 / fan-in', () => {
  const { graph } = buildNetwork('lenet-300-100', { seed: 1 });
  const weight = toNumbers(graph.constants.get('dense2.weight')!);
  expect(weight).toHaveLength(300 * 784);
  const mean = weight.reduce((a, b) => a + b, 0) / weight.length;
  const variance = weight.reduce((a, b) => a + (b - mean) ** 2, 0) / weight.length;
  expect(Math.abs(mean)).toBeLessThan(0.001);
  expect(variance / (2 / 784)).toBeGreaterThan(0.98);
  expect(variance / (2 / 784)).toBeLessThan(1.02);
});

test('width, classes and input are heeded', () => {
  const full = parameters(buildNetwork('small-vgg'));
  const quarter = buildNetwork('small-vgg', { width: 0.25, classes: 7, input: [3, 32, 32] });
  expect(parameters(quarter)).toBeLessThan(full / 10);
  expect(quarter.graph.inputs[0]!.dims).toEqual(['N', 3, 32, 32]);
  expect(quarter.graph.outputs[0]!.dims).toEqual(['N', 7]);
});

test.each([
  ['no-such', {}],
  ['lenet-5', { width: 0 }],
  ['lenet-5', { width: 9 }],
  ['lenet-5', { classes: 0.5 }],
  ['lenet-5', { seed: -1 }],
  ['lenet-5', { input: [1, 0, 28] as const }],
  ['lenet-5', { input: [1, 8, 8] as const }],
])('%s with %j is refused', (name, options) => {
  let caught: unknown;
  try {
    buildNetwork(name, options);
  } catch (error) {
    caught = error;
  }
  expect(isKompaktError(caught) && caught.code).toBe('KPT_OPTION_INVALID');
});
