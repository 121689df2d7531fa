// What a second thread is worth, in kompakt and in onnxruntime-node: the models of bench/rivals.mjs that take over a
// millisecond, with one thread and with two in turn, round after round; least times of all rounds, because a second core that is
// busy for a moment spoils a run with two threads and no run with one.
// Usage: node bench/threads.mjs [--only TEXT] [--rounds N] [--seconds S] [--json]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bench } from '../dist/index.js';
import { print } from './print.mjs';
import { casesOf, prepare } from './rivals/suites.mjs';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '0.3' },
    json: { type: 'boolean', default: false },
  },
});
const engines = ['kompakt', 'onnxruntime'];
/** Nets faster than this, in milliseconds, are left out: to wake a thread takes a good part of their time. */
const shortest = 1;

async function measure({ suite, name, file, shapes }) {
  const least = {};
  for (let round = 0; round < Number(flags.rounds); round++)
    for (const threads of [1, 2]) {
      const options = { engines, threads, shapes, seconds: Number(flags.seconds), profileRuns: 0 };
      for (const { engine, latency } of (await bench(file, options)).engines) {
        const key = `${engine}${threads}`;
        least[key] = Math.min(least[key] ?? Number.POSITIVE_INFINITY, latency.min);
      }
      if (least.kompakt1 < shortest) return undefined;
    }
  return { suite, name, ...least };
}

const rows = [];
const folder = mkdtempSync(join(tmpdir(), 'threads-'));
try {
  for (const one of casesOf(flags.only, true)) {
    const row = await measure(await prepare(one, folder));
    if (row !== undefined) rows.push(row);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

print(
  rows,
  [
    ['model', (r) => `${r.suite} ${r.name}`],
    ['1 thread ms', (r) => r.kompakt1, 2],
    ['2 threads', (r) => r.kompakt2, 2],
    ['speed-up', (r) => r.kompakt1 / r.kompakt2, 2],
    ['onnxruntime 1', (r) => r.onnxruntime1, 2],
    ['2 threads', (r) => r.onnxruntime2, 2],
    ['speed-up', (r) => r.onnxruntime1 / r.onnxruntime2, 2],
    ['ratio with 2', (r) => r.onnxruntime2 / r.kompakt2, 2],
  ],
  flags.json,
);
