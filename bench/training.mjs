// node bench/training.mjs: milliseconds per training step (forward, backward, SGD with momentum) in kompakt and PyTorch, one
// engine's block after the other's. Skips, and says so, where python3 has no torch.
// Usage: node bench/training.mjs [--json] [--threads N] [--batch N] [--rounds N] [--steps N] [--only NET] [--python FILE]
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { compileStep, crossEntropy, platform, sgd, table } from '../dist/index.js';
import { nets } from './training/nets.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '15' },
    steps: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    python: { type: 'string', default: '/usr/bin/python3' },
  },
});
const [threads, batch, rounds, steps] = ['threads', 'batch', 'rounds', 'steps'].map((name) =>
  Number(flags[name]),
);

const probe = spawnSync(flags.python, ['-c', 'import torch'], { encoding: 'utf8' });
if (probe.status !== 0) {
  console.error(`Skipped: ${flags.python} has no torch (Debian: python3-torch).`);
  process.exit(0);
}

const worker = spawn(
  flags.python,
  [join(import.meta.dirname, 'training/torch_worker.py'), `${threads}`, `${batch}`],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
const lines = createInterface({ input: worker.stdout })[Symbol.asyncIterator]();
const [, version] = (await lines.next()).value.split(' ');
const inTorch = async (net) => {
  worker.stdin.write(`${net} ${steps}\n`);
  return Number((await lines.next()).value);
};

/** A function that runs `steps` steps and gives milliseconds per step. */
function inKompakt({ make, input }) {
  const step = compileStep({
    graph: make(),
    loss: crossEntropy(),
    optimizer: sgd({ momentum: 0.9 }),
    batch,
    threads,
  });
  const dims = [batch, ...input];
  const size = dims.reduce((a, b) => a * b, 1);
  const feeds = new Map([
    ['x', { dtype: 'float32', dims, data: Float32Array.from({ length: size }, Math.random) }],
    [
      'target',
      {
        dtype: 'int64',
        dims: [batch],
        data: BigInt64Array.from({ length: batch }, (_, i) => BigInt(i % 10)),
      },
    ],
  ]);
  const settings = { learningRate: 0.001 };
  return () => {
    const start = performance.now();
    for (let k = 0; k < steps; k++) step.run(feeds, settings);
    return (performance.now() - start) / steps;
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const results = [];
for (const [name, net] of Object.entries(nets).filter(([key]) => key.includes(flags.only))) {
  const run = inKompakt(net);
  run();
  await inTorch(name);
  const [mine, theirs] = [[], []];
  for (let round = 0; round < rounds; round++) {
    mine.push(run());
    theirs.push(await inTorch(name));
  }
  results.push({
    net: name,
    threads,
    kompaktMin: Math.min(...mine),
    kompaktMedian: median(mine),
    torchMin: Math.min(...theirs),
    torchMedian: median(theirs),
    /** How many times as fast as PyTorch: best against best, and the median of the rounds. */
    speedMin: Math.min(...theirs) / Math.min(...mine),
    speedMedian: median(theirs.map((value, i) => value / mine[i])),
  });
}
worker.stdin.end();

if (flags.json)
  console.log(JSON.stringify({ platform: platform(), torch: version, batch, results }, null, 2));
else {
  console.log(`batch ${batch}, ${threads} threads, ${platform().tier}, PyTorch ${version}`);
  const columns = [
    { title: 'net' },
    { title: 'kompakt ms', digits: 2 },
    { title: 'PyTorch ms', digits: 2 },
    { title: 'times as fast', digits: 2 },
    { title: 'median', digits: 2 },
  ];
  const rows = results.map((r) => [r.net, r.kompaktMin, r.torchMin, r.speedMin, r.speedMedian]);
  console.log(table(columns, rows));
}
