// ONNX conformance: every backend test case of Debian's libonnx-testdata in kompakt and in onnxruntime-node, through
// InferenceSession. Usage: node bench/conformance.mjs [--verbose] [--json] [--only PATTERN] [--engine NAME].
// Needs a build (npm run build). The folder is that of the Debian package, or KOMPAKT_ONNX_TESTDATA.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { families, listCases, testDataFolder } from './conformance/case-files.mjs';

const { values: flags } = parseArgs({
  options: {
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    engine: { type: 'string' },
  },
});
const secondsPerCase = 30;

const folder = testDataFolder();
if (folder === null) {
  const note = 'no ONNX test data: install libonnx-testdata (Debian) or set KOMPAKT_ONNX_TESTDATA';
  console.log(flags.json ? JSON.stringify({ skipped: note }) : `conformance: ${note}`);
  process.exit(0);
}
const pattern = new RegExp(flags.only ?? '');
const cases = listCases(folder).filter(({ name }) => pattern.test(name));

/** One child process; the cases of an engine share it until one of them kills or stalls it. */
function startWorker(engine) {
  const child = fork(join(import.meta.dirname, 'conformance/worker.mjs'), [engine], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  let settle = () => {};
  child.on('message', (message) => settle(message));
  child.on('exit', (code, signal) =>
    settle({ status: 'crashed', reason: `the process ended with ${signal ?? code}` }),
  );
  const next = () =>
    new Promise((resolve) => {
      settle = resolve;
    });
  return { child, next, ready: next() };
}

async function runAll(engine) {
  const verdicts = [];
  let worker = startWorker(engine);
  for (const item of cases) {
    if ((await worker.ready) !== 'ready') {
      console.error(`conformance: ${engine} does not start; build first (npm run build)`);
      process.exit(1);
    }
    const answer = worker.next();
    const timer = setTimeout(() => worker.child.kill('SIGKILL'), secondsPerCase * 1000);
    const start = performance.now();
    worker.child.send(item);
    const verdict = await answer;
    clearTimeout(timer);
    const seconds = (performance.now() - start) / 1000;
    if (verdict.status === 'crashed') {
      if (seconds >= secondsPerCase)
        Object.assign(verdict, { status: 'hung', reason: `no answer in ${secondsPerCase} s` });
      worker = startWorker(engine);
    }
    verdicts.push({ family: item.family, name: item.name, ...verdict });
  }
  await worker.ready;
  worker.child.kill();
  return verdicts;
}

const engines = flags.engine === undefined ? ['kompakt', 'onnxruntime-node'] : [flags.engine];
const results = Object.fromEntries(
  await Promise.all(engines.map(async (engine) => [engine, await runAll(engine)])),
);

const statuses = ['passed', 'failed', 'unsupported', 'crashed', 'hung'];
const count = (verdicts) => ({
  cases: verdicts.length,
  ...Object.fromEntries(statuses.map((s) => [s, verdicts.filter((v) => v.status === s).length])),
});
// A child that died cannot say whether its case is plain; the other engine's can.
const plainNames = new Set(
  Object.values(results).flatMap((verdicts) =>
    verdicts.filter((v) => v.plain).map((v) => `${v.family}/${v.name}`),
  ),
);
const rows = engines.flatMap((engine) => [
  ...families.map((family) => ({
    engine,
    family,
    ...count(results[engine].filter((v) => v.family === family)),
  })),
  { engine, family: 'all', ...count(results[engine]) },
  {
    engine,
    family: 'all, plain tensors',
    ...count(results[engine].filter((v) => plainNames.has(`${v.family}/${v.name}`))),
  },
]);

if (flags.json) console.log(JSON.stringify({ table: rows, verdicts: results }, null, 1));
else {
  const columns = ['engine', 'family', 'cases', ...statuses];
  const widths = columns.map((c) => Math.max(c.length, ...rows.map((row) => String(row[c]).length)));
  const line = (cells) =>
    cells
      .map((cell, i) => (i < 2 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i])))
      .join('  ');
  console.log([line(columns), ...rows.map((row) => line(columns.map((c) => row[c])))].join('\n'));
  console.log('Plain tensors: cases whose inputs and outputs are all tensors of types that JavaScript has.');
  if (flags.verbose)
    for (const engine of engines)
      for (const { family, name, status, reason, plain } of results[engine])
        if (status !== 'passed')
          console.log(
            `${engine}\t${family}/${name}\t${status}\t${plain ? 'plain' : 'not plain'}\t${reason.split('\n')[0]}`,
          );
}
