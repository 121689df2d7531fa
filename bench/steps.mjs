// What fitting keeps where channels leave at once, and where they leave in several calls of prune, each of which fits what the one before
// left: top-1 without training. Usage: node bench/steps.mjs [--json] [--macs 0.6,0.4] [--steps 1,2,4]. Needs the shared data folder
// and a build (npm run build).
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Model, prune } from '../dist/index.js';
import { classifiers, data, requireData, rightOf } from './labelled.mjs';
import { print } from './print.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    macs: { type: 'string', default: '0.6,0.4' },
    steps: { type: 'string', default: '1,2,4' },
  },
});
requireData('steps');

const counts = flags.steps.split(',').map(Number);
const rows = [];
for (const { name, file, fitting, judged } of classifiers()) {
  const model = await Model.load(join(data, file));
  const samples = fitting.map(({ tensor }) => ({ feeds: { [model.graph.inputs[0].name]: tensor } }));
  const dense = await rightOf(model.toBytes(), judged);
  for (const macs of flags.macs.split(',').map(Number)) {
    const row = { name, judged: judged.length, macs, dense };
    for (const steps of counts) {
      process.stderr.write(`${name}, ${macs} in ${steps} ...\n`);
      let made = model;
      for (let i = 1, left = 1; i <= steps; i++) {
        const wanted = 1 - ((1 - macs) * i) / steps;
        const channels = { macs: wanted / left, roundTo: 1 };
        made = (await prune(made, { channels, data: samples })).model;
        left = wanted;
      }
      row[steps] = await rightOf(made.toBytes(), judged);
    }
    rows.push(row);
  }
}
print(
  rows,
  [
    ['net', (r) => r.name],
    ['judged', (r) => r.judged, 0],
    ['work left %', (r) => 100 * r.macs, 0],
    ['whole %', (r) => r.dense, 1],
    ...counts.map((steps) => [`in ${steps} %`, (r) => r[steps], 1]),
  ],
  flags.json,
);
