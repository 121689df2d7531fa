// node bench/tune.mjs: what tuning is worth, and which way of searching finds most with the same epochs: LeNet-300-100 from scratch,
// default options against tuned ones, over several seeds. Every search may spend about as many epochs (--epochs of them).
// Usage: node bench/tune.mjs [--json] [--sets mnist,fashion] [--seeds N] [--samples N] [--budget N] [--epochs N] [--threads N]
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildNetwork, tune } from '../dist/index.js';
import { print } from './print.mjs';
import { samplesOf, sets } from './training-sets.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sets: { type: 'string', default: 'mnist,fashion' },
    seeds: { type: 'string', default: '5' },
    samples: { type: 'string', default: '6000' },
    budget: { type: 'string', default: '8' },
    epochs: { type: 'string', default: '64' },
    threads: { type: 'string', default: '0' },
  },
});
const [seeds, most, budget, epochs, threads] = ['seeds', 'samples', 'budget', 'epochs', 'threads'].map(
  (name) => Number(flags[name]),
);

const head = async (samples, count) => {
  const list = [];
  for await (const sample of samples) {
    list.push(sample);
    if (list.length === count) break;
  }
  return list;
};

const searches = ['random', 'tpe'].flatMap((algorithm) =>
  ['none', 'halving', 'hyperband'].map((rungs) => ({ algorithm, rungs })),
);

/** Epochs of a search of `trials` whose rungs are those of lib/search/tune/rungs with eta 3: 1, 3 and 8 of 8 epochs. */
const trialsFor = { none: 1, halving: 2.1 / budget, hyperband: 4.1 / budget };

const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const deviation = (list) =>
  Math.sqrt(
    mean(list.map((value) => (value - mean(list)) ** 2)) * (list.length / Math.max(1, list.length - 1)),
  );

const rows = [];
for (const name of flags.sets.split(',')) {
  if (!existsSync(sets[name].folder)) {
    console.error(`Skipped: ${name} is not installed (${sets[name].folder}).`);
    continue;
  }
  const network = buildNetwork('lenet-300-100', { seed: 1 });
  const { data, evaluate } = samplesOf(sets[name], network);
  const training = await head(data, most);
  const test = await head(evaluate, 10000);
  for (const { algorithm, rungs } of searches) {
    const reports = [];
    for (let seed = 0; seed < seeds; seed++) {
      const trials = Math.max(2, Math.round(epochs / budget / trialsFor[rungs]));
      const options = { method: 'finetune', data: training, evaluate: test, trials, epochs: budget };
      reports.push((await tune(network, { ...options, algorithm, rungs, seed, threads })).report);
      if (!flags.json) console.error(`${name} ${algorithm} ${rungs} ${seed}`);
    }
    const shares = (of) => reports.map(({ test }) => 100 * test[of].accuracy);
    rows.push({
      set: name,
      algorithm,
      rungs,
      seeds,
      trials: reports[0].trials.length,
      epochs: mean(reports.map(({ spent }) => spent)),
      validation: mean(reports.map(({ best }) => 100 * best.accuracy)),
      defaults: mean(shares('defaults')),
      tuned: mean(shares('tuned')),
      deviation: deviation(shares('tuned')),
      gain: mean(shares('tuned')) - mean(shares('defaults')),
      significant: reports.filter(({ test }) => test.probability < 0.05 && test.tunedOnly > test.defaultsOnly)
        .length,
      worse: reports.filter(({ test }) => test.probability < 0.05 && test.tunedOnly < test.defaultsOnly)
        .length,
    });
  }
}

print(
  rows,
  [
    ['set', ({ set }) => set],
    ['algorithm', ({ algorithm }) => algorithm],
    ['rungs', ({ rungs }) => rungs],
    ['trials', ({ trials }) => trials, 0],
    ['epochs', (row) => row.epochs, 1],
    ['held out %', ({ validation }) => validation, 2],
    ['test %, defaults', ({ defaults }) => defaults, 2],
    ['test %, tuned', ({ tuned }) => tuned, 2],
    ['+-', (row) => row.deviation, 2],
    ['gain', ({ gain }) => gain, 2],
    [`better (of ${seeds})`, ({ significant }) => significant, 0],
    ['worse', ({ worse }) => worse, 0],
  ],
  flags.json,
);
