// What fitting the other weights keeps where the least become 0, without training: top-1 of the model as it was, with the weights that
// stay as they were, and fitted on samples. Usage: node bench/zeros.mjs [--json] [--sparsities 0.5,0.7,0.8,0.9]
// [--distribution lamp]. Needs the shared data folder and a build (npm run build).
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Model, prune } from '../dist/index.js';
import { classifiers, data, requireData, rightOf } from './labelled.mjs';
import { print } from './print.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sparsities: { type: 'string', default: '0.5,0.7,0.8,0.9' },
    distribution: { type: 'string', default: 'lamp' },
  },
});
requireData('zeros');

const rows = [];
for (const { name, file, fitting, judged } of classifiers()) {
  const model = await Model.load(join(data, file));
  const samples = fitting.map(({ tensor }) => ({ feeds: { [model.graph.inputs[0].name]: tensor } }));
  const dense = await rightOf(model.toBytes(), judged);
  for (const sparsity of flags.sparsities.split(',').map(Number)) {
    process.stderr.write(`${name}, ${sparsity} ...\n`);
    const options = { sparsity, distribution: flags.distribution };
    const cut = await prune(model, options);
    const started = performance.now();
    const fitted = await prune(model, { ...options, data: samples });
    rows.push({
      name,
      judged: judged.length,
      sparsity,
      dense,
      cut: await rightOf(cut.model.toBytes(), judged),
      fitted: await rightOf(fitted.model.toBytes(), judged),
      seconds: (performance.now() - started) / 1000,
      before: fitted.report.bytesBefore.deflated,
      after: fitted.report.bytesAfter.deflated,
    });
  }
}
print(
  rows,
  [
    ['net', (r) => r.name],
    ['judged', (r) => r.judged, 0],
    ['zeros %', (r) => 100 * r.sparsity, 0],
    ['dense %', (r) => r.dense, 1],
    ['as they were %', (r) => r.cut, 1],
    ['fitted %', (r) => r.fitted, 1],
    ['KB compressed', (r) => r.before / 1e3, 0],
    ['then', (r) => r.after / 1e3, 0],
  ],
  flags.json,
);
