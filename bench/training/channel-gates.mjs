// Rows of bench/training-gates.mjs for structured pruning: networks that lose whole channels and are trained on for a little while.
// Channels are worth it only where the model is faster, so the time of both models is measured, one's block after the other's.

import { join } from 'node:path';
import { distill, InferenceSession, Model, prune, Tensor } from '../../dist/index.js';
import { samplesOf, shared } from '../training-sets.mjs';

const channels = { macs: 1 / 1.7 };
const blocks = 15;

const resNetTraining = {
  epochs: 3,
  batch: 32,
  optimizer: 'adam',
  learningRate: 1e-3,
  augment: { shift: 4, flip: 0.5 },
  warmUp: 0.05,
};
/** Layers of 16 to 64 channels: whole tiles would be a half of the narrowest. */
const resNetChannels = { importance: 'taylor', roundTo: 1, batch: 50 };
const lenetTraining = { epochs: 3, optimizer: 'adam', learningRate: 5e-4, augment: { shift: 1 } };
const vggTraining = {
  epochs: 3,
  learningRate: 0.01,
  regularize: { l2: 5e-4 },
  augment: { shift: 2, flip: 0.5 },
};

/** Channels leave, and both models learn for as long from the one that has all. */
async function taught({ trainedOn, errorOf }, what, { model, error }, set, seed, training, how = {}) {
  const { data } = samplesOf(set, model);
  const { model: small, report } = await prune(model, { channels: { ...channels, ...how }, data });
  const learn = (student, options) => distill(student, { ...options, teacher: model });
  const whole = await trainedOn(what, model, set, seed, training, learn);
  const pruned = await trainedOn(what, small, set, seed, training, learn);
  return {
    model: pruned.model,
    numbers: {
      value: pruned.error - whole.error,
      float: error,
      whole: whole.error,
      pruned: pruned.error,
      untrained: await errorOf(small, set),
      macs: report.channels.macsAfter / report.channels.macsBefore,
      bytes: report.bytesAfter.file / report.bytesBefore.file,
    },
  };
}

/** How many times as fast the second model is as the first: minimum and median over blocks that take turns. */
async function speedup(before, after) {
  const runners = await Promise.all([before, after].map(runnerOf));
  const times = [[], []];
  for (let block = 0; block <= blocks; block++)
    for (const [i, { run }] of runners.entries()) {
      const begun = process.hrtime.bigint();
      await run();
      // The first block warms up.
      if (block > 0) times[i].push(Number(process.hrtime.bigint() - begun));
    }
  for (const { session } of runners) await session.release();
  const sorted = times.map((list) => list.toSorted((a, b) => a - b));
  const middle = Math.floor(blocks / 2);
  return { least: sorted[0][0] / sorted[1][0], median: sorted[0][middle] / sorted[1][middle] };
}

async function runnerOf(model) {
  const session = InferenceSession.fromModel(model, { intraOpNumThreads: 1 });
  const [{ name, dims }] = model.graph.inputs;
  const shape = dims.map((d) => (typeof d === 'number' ? d : 1));
  const size = shape.reduce((a, b) => a * b, 1);
  const feeds = {
    [name]: new Tensor(
      'float32',
      Float32Array.from({ length: size }, (_, i) => (i % 17) / 17),
      shape,
    ),
  };
  const run = async () => {
    for (let i = 0; i < 100; i++) await session.run(feeds);
  };
  return { session, run };
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** `tools`: floatModel, trainedOn and errorOf of the gates, and their recipes. */
export function channelRows(tools, { mnist, fashion, cifar }) {
  const measured = new Map();
  const presets = [
    ['LeNet-5, MNIST', 'lenet-5', mnist, tools.lenetRecipe, lenetTraining],
    ['small VGG, Fashion-MNIST', 'small-vgg', fashion, tools.vggRecipe, vggTraining],
  ].map(([what, network, set, recipe, training]) => {
    /** Training is the same for what is lost and for what is gained. */
    const once = (seed, samples) => {
      const key = `${what} ${seed}`;
      if (!measured.has(key))
        measured.set(
          key,
          tools.floatModel(network, samples, seed, recipe).then(async (dense) => {
            const { model, numbers } = await taught(tools, network, dense, samples, seed, training);
            return { numbers, faster: await speedup(dense.model, model) };
          }),
        );
      return measured.get(key);
    };
    return [
      {
        name: `${what}, 1/1.7 of the multiply-accumulates: points lost against the whole network`,
        gate: '<= 0.30 (mean)',
        published: '',
        set,
        measure: async (seed, samples) => (await once(seed, samples)).numbers,
        passes: (values) => mean(values) <= 0.3,
      },
      {
        name: `${what}, 1/1.7 of the multiply-accumulates: times as fast`,
        gate: '>= 1.20 (mean)',
        published: '',
        set,
        measure: async (seed, samples) => {
          const { faster, numbers } = await once(seed, samples);
          return { value: faster.median, ...faster, macs: numbers.macs };
        },
        passes: (values) => mean(values) >= 1.2,
      },
    ];
  });
  return [
    {
      name: 'ResNet-20, CIFAR-10, 1/1.7 of the multiply-accumulates: points lost against the whole network',
      gate: '<= 1.10 (mean)',
      published: '0.60 (Fang 2023, ResNet-56, 1/2.12)',
      set: cifar,
      measure: async (seed, set) => {
        const model = await Model.load(join(shared, 'models-vision/resnet20_cifar10.onnx'));
        const dense = { model, error: await tools.errorOf(model, set) };
        const { model: small, numbers } = await taught(
          tools,
          'ResNet-20',
          dense,
          set,
          seed,
          resNetTraining,
          resNetChannels,
        );
        return { ...numbers, faster: await speedup(model, small) };
      },
      passes: (values) => mean(values) <= 1.1,
    },
    ...presets.flat(),
  ];
}
