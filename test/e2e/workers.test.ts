// A worker thread that ends in the middle of something takes its session with it and leaves the process alone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { prepareForRun } from '../../lib/passes/pipeline.js';
import { f32, type TensorValue } from '../../lib/tensor/tensor.js';
import { TestGraph } from '../helpers/check-pass.js';
import { npmModels } from '../helpers/models.js';
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

const index = join(__dirname, '../../dist/index.js');
const alexa = npmModels.find((model) => model.name === 'alexa')!.path;

/** Ends workers a moment after they have begun to load kompakt, or to make sessions and to run them, again and again. */
const program = (folder: string): string => `
  const { Worker } = require('node:worker_threads');
  const body = \`
    const { parentPort, workerData } = require('node:worker_threads');
    if (workerData === 'load') parentPort.postMessage(0);
    import(${JSON.stringify(index)}).then(async ({ InferenceSession, Tensor }) => {
      const planCache = workerData === 'cache' && ${JSON.stringify(folder)};
      const feeds = { 'onnx::Flatten_0': new Tensor('float32', new Float32Array(1536), [1, 16, 96]) };
      for (let i = 0; ; i++) {
        const session = await InferenceSession.create(${JSON.stringify(alexa)}, { planCache });
        if (workerData === 'sync') session.runSync(feeds);
        else await session.run(feeds);
        await session.release();
        if (i === 0 && workerData !== 'load') parentPort.postMessage(0);
      }
    });\`;
  (async () => {
    for (const what of ['load', 'cache', 'run', 'sync'])
      for (let i = 0; i < 25; i++) {
        const worker = new Worker(body, { eval: true, workerData: what });
        await new Promise((resolve) => worker.once('message', resolve));
        await new Promise((resolve) => setTimeout(resolve, (i % 12) * (what === 'load' ? 3 : 0.4)));
        await worker.terminate();
      }
    console.log('alive');
  })();`;

test('workers are ended while they load kompakt and make sessions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-workers-'));
  try {
    const { stdout, stderr, signal } = spawnSync(process.execPath, ['-e', program(folder)], {
      encoding: 'utf8',
    });
    expect([stdout, stderr, signal]).toEqual(['alive\n', '', null]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 180_000);
