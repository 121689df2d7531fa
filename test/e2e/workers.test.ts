// A worker thread that ends in the middle of a run takes its session with it and leaves the process alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { prepareForRun } from '../../lib/passes/pipeline.js';
import { f32, type TensorValue } from '../../lib/tensor/tensor.js';
import { TestGraph } from '../helpers/check-pass.js';
import { dumpPlan } from '../helpers/plan-dump.js';
import { randomFloats } from '../helpers/random-floats.js';

const helper = join(__dirname, '../helpers/run-plan.cjs');
const addon = join(__dirname, '../../build/Release/kompakt.node');

test('50 workers are ended while a run is under way', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-workers-'));
  try {
    const dims = [1, 16, 64, 64];
    const g = new TestGraph(dims);
    const graph = g.done(g.conv(g.conv(g.conv(g.x, 64, 16), 64, 64), 64, 64));
    const dump = join(folder, 'convs');
    const x: TensorValue = f32(dims, randomFloats(16 * 64 * 64, 1));
    dumpPlan(dump, prepareForRun(graph), new Map([['x', x]]));
    for (let i = 0; i < 50; i++) {
      const worker = new Worker(helper, { workerData: { addon, threads: 1 + (i % 2), dump }, execArgv: [] });
      const message = await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      expect(message).toBe('running');
      expect(await worker.terminate()).toBeDefined();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
