// Operators one at a time beside onnxruntime-node: which are behind, and by how much. Inputs and outputs are of ONNX, so a
// convolution alone pays for two changes of layout that a net pays once.
// Usage: node bench/operators.mjs [--only TEXT] [--seconds S] [--threads N] [--json]; several names of --only part by commas.
import { parseArgs } from 'node:util';
import { bench } from '../dist/index.js';
import { cases } from './operators/cases.mjs';
import { modelOf } from './operators/one.mjs';
import { print } from './print.mjs';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '0.1' },
    threads: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const options = {
  engines: ['kompakt', 'onnxruntime'],
  threads: Number(flags.threads),
  seconds: Number(flags.seconds),
  profileRuns: 0,
};

async function measure(one) {
  const { model, feeds } = modelOf(one);
  const bytes = model.toBytes();
  try {
    const [ours, theirs] = (await bench(bytes, { ...options, feeds })).engines.map(({ latency }) => latency);
    return { name: one.name, kompakt: ours.min, onnxruntime: theirs.min, p50: theirs.p50 / ours.p50 };
  } catch (error) {
    return { name: one.name, error: error.message };
  }
}

const rows = [];
const wanted = flags.only.split(',');
for (const one of cases) if (wanted.some((text) => one.name.includes(text))) rows.push(await measure(one));
rows.sort((a, b) => (a.onnxruntime / a.kompakt || 0) - (b.onnxruntime / b.kompakt || 0));

print(
  rows,
  [
    ['operator', (r) => r.name],
    ['kompakt µs', (r) => 1000 * r.kompakt, 1],
    ['onnxruntime µs', (r) => 1000 * r.onnxruntime, 1],
    ['ratio min', (r) => r.onnxruntime / r.kompakt, 2],
    ['ratio p50', (r) => r.p50, 2],
    ['', (r) => r.error?.split('\n')[0].slice(0, 100) ?? ''],
  ],
  flags.json,
);
