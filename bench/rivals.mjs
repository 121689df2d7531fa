// npm run bench:rivals: kompakt beside onnxruntime-node. Fresh processes of both engines take turns, several of each, with
// the same file, inputs and threads; onnxruntime at its best settings (lib/bench/engines.ts).
// Usage: node bench/rivals.mjs [--only TEXT] [--threads N] [--processes N] [--seconds S] [--quick] [--json] [--write]
// --quick: two short processes each, and no nets that have to be made first. --write: into docs/benchmarks.md.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchFresh, platform } from '../dist/index.js';
import { tableOf } from './print.mjs';
import { relu } from './rivals/one-node.mjs';
import { casesOf, prepare } from './rivals/suites.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '1' },
    processes: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const processes = Number(flags.processes ?? (flags.quick ? 2 : 5));
const seconds = Number(flags.seconds ?? (flags.quick ? 0.3 : 1));
const engines = ['kompakt', 'onnxruntime'];
const folder = mkdtempSync(join(tmpdir(), 'kompakt-rivals-'));

/** kompakt and onnxruntime on one case; onnxruntime on the fastest of its files. */
async function compare({ suite, name, file, shapes, rivals = [] }) {
  const options = { processes, seconds, shapes, threads: Number(flags.threads), profileRuns: 0 };
  const [ours, theirs] = await benchFresh(file, { ...options, engines });
  const others = [];
  for (const rival of rivals)
    others.push(...(await benchFresh(rival, { ...options, engines: ['onnxruntime'] })));
  const best = [theirs, ...others].reduce((a, b) => (b.medianP50 < a.medianP50 ? b : a));
  // From a plan cache: the first process writes it.
  const planCache = join(folder, `${suite}-${name}.kpc`.replaceAll(/[ /]/g, '-'));
  const cachedOptions = { ...options, engines: ['kompakt'], planCache };
  await benchFresh(file, { ...cachedOptions, processes: 1, seconds: 0.05 });
  const [cached] = await benchFresh(file, cachedOptions);
  return { suite, name, kompakt: ours, onnxruntime: best, cached };
}

async function overheads() {
  const model = join(folder, 'relu.onnx');
  await relu().save(model);
  const script = join(import.meta.dirname, 'rivals/overhead.mjs');
  return engines.map((engine) => ({
    engine,
    ...JSON.parse(execFileSync(process.execPath, [script, engine, model])),
  }));
}

const rows = [];
let calls = [];
try {
  for (const one of casesOf(flags.only, !flags.quick)) {
    process.stderr.write(`${one.suite} ${one.name} ...\n`);
    rows.push(await compare(await prepare(one, folder)));
  }
  if ('overhead'.includes(flags.only)) calls = await overheads();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const mib = (bytes) => bytes / 2 ** 20;
const ready = ({ bestReady }) => bestReady;
/** With the engine's code, which is part of every start of a process. */
const whole = ({ bestLoad, bestReady }) => bestLoad + bestReady;
const wholeRss = ({ medianRssLoad, medianRssReady }) => medianRssLoad + medianRssReady;
const latency = [
  ['model', (r) => `${r.suite} ${r.name}`],
  ['min', (r) => r.kompakt.best, 3],
  ['p50', (r) => r.kompakt.medianP50, 3],
  ['p99', (r) => r.kompakt.medianP99, 3],
  ['p99/p50', (r) => r.kompakt.bestJitter, 2],
  ['onnxruntime min', (r) => r.onnxruntime.best, 3],
  ['p50', (r) => r.onnxruntime.medianP50, 3],
  ['p99', (r) => r.onnxruntime.medianP99, 3],
  ['p99/p50', (r) => r.onnxruntime.bestJitter, 2],
  ['ratio min', (r) => r.onnxruntime.best / r.kompakt.best, 2],
  ['ratio p50', (r) => r.onnxruntime.medianP50 / r.kompakt.medianP50, 2],
  ['ratio p99', (r) => r.onnxruntime.medianP99 / r.kompakt.medianP99, 2],
];
const start = [
  ['model', (r) => `${r.suite} ${r.name}`],
  ['ready ms', (r) => ready(r.kompakt), 1],
  ['from cache', (r) => ready(r.cached), 1],
  ['onnxruntime', (r) => ready(r.onnxruntime), 1],
  ['share', (r) => ready(r.kompakt) / ready(r.onnxruntime), 2],
  ['from cache', (r) => ready(r.cached) / ready(r.onnxruntime), 2],
  ['with code ms', (r) => whole(r.kompakt), 1],
  ['from cache', (r) => whole(r.cached), 1],
  ['onnxruntime', (r) => whole(r.onnxruntime), 1],
  ['share', (r) => whole(r.kompakt) / whole(r.onnxruntime), 2],
  ['from cache', (r) => whole(r.cached) / whole(r.onnxruntime), 2],
];
const memory = [
  ['model', (r) => `${r.suite} ${r.name}`],
  ['ready MiB', (r) => mib(r.kompakt.medianRssReady), 1],
  ['from cache', (r) => mib(r.cached.medianRssReady), 1],
  ['onnxruntime', (r) => mib(r.onnxruntime.medianRssReady), 1],
  ['share', (r) => r.kompakt.medianRssReady / r.onnxruntime.medianRssReady, 2],
  ['from cache', (r) => r.cached.medianRssReady / r.onnxruntime.medianRssReady, 2],
  ['with code MiB', (r) => mib(wholeRss(r.kompakt)), 1],
  ['from cache', (r) => mib(wholeRss(r.cached)), 1],
  ['onnxruntime', (r) => mib(wholeRss(r.onnxruntime)), 1],
  ['share', (r) => wholeRss(r.kompakt) / wholeRss(r.onnxruntime), 2],
  ['from cache', (r) => wholeRss(r.cached) / wholeRss(r.onnxruntime), 2],
  ['after runs MiB', (r) => mib(r.kompakt.medianRss), 1],
  ['from cache', (r) => mib(r.cached.medianRss), 1],
  ['onnxruntime', (r) => mib(r.onnxruntime.medianRss), 1],
  ['share', (r) => r.kompakt.medianRss / r.onnxruntime.medianRss, 2],
  ['from cache', (r) => r.cached.medianRss / r.onnxruntime.medianRss, 2],
];
const call = (kind, which) => (r) => r[kind]?.[which];
const overhead = [
  ['engine', (r) => r.engine],
  ['step() min µs', call('step', 'min'), 2],
  ['p50', call('step', 'p50'), 2],
  ['runSync() min µs', call('runSync', 'min'), 2],
  ['p50', call('runSync', 'p50'), 2],
  ['run() min µs', call('run', 'min'), 1],
  ['p50', call('run', 'p50'), 1],
  ['idle µs/s', (r) => r.idleMicroseconds, 0],
];

const geometricMean = (values) => Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);

function text() {
  const version = rows[0]?.onnxruntime.processes[0].version ?? '';
  const given = process.argv.slice(2).filter((word) => word !== '--write');
  const means = ['INT8', 'FP32'].flatMap((suite) => {
    const ratios = rows
      .filter((r) => r.suite === suite)
      .map((r) => r.onnxruntime.medianP50 / r.kompakt.medianP50);
    return ratios.length === 0
      ? []
      : [`${suite}: geometric mean of ratio p50 ${geometricMean(ratios).toFixed(2)}`];
  });
  return [
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0].model}, tier ${platform().tier}, ${flags.threads} thread(s),`,
    `Node ${process.version}, onnxruntime-node ${version}; ${processes} processes per engine, ${seconds} s each`,
    `npm run bench:rivals${given.length === 0 ? '' : ` -- ${given.join(' ')}`}`,
    ...(rows.length === 0
      ? []
      : [
          '',
          'Latency, ms: least and median over the processes of min and p50; ratio: onnxruntime / kompakt',
          tableOf(rows, latency),
          ...means,
          '',
          'Until the first result: create and first run, least over the processes',
          tableOf(rows, start),
          '',
          'Growth of the resident set by create and first run, and by all runs: medians',
          tableOf(rows, memory),
        ]),
    ...(calls.length === 0
      ? []
      : ['', 'One call of Relu on 16 floats; idle: CPU time of nine sessions', tableOf(calls, overhead)]),
  ].join('\n');
}

if (flags.json) console.log(JSON.stringify({ rows, overheads: calls }, null, 2));
else console.log(text());
if (flags.write) {
  const page = join(import.meta.dirname, '../docs/benchmarks.md');
  const old = readFileSync(page, 'utf8');
  const [begin, end] = ['<!-- rivals -->\n', '<!-- end of rivals -->'].map((mark) => old.indexOf(mark));
  writeFileSync(
    page,
    `${old.slice(0, begin)}<!-- rivals -->\n\n\`\`\`\n${text()}\n\`\`\`\n\n${old.slice(end)}`,
  );
}
process.exit(0);
