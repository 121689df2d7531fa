// node --import ./scripts/typescript.mjs scripts/stress-addon.mjs ADDON: what could harm memory or race, through Node: real models
// in FP32 and INT8, a thousand sessions made and released, runs that overlap, are aborted or timed, buffers that are taken away, and
// workers that end in the middle of a run. test-native.mjs --addon runs it with an addon that watches itself.
import { match, strictEqual, throws } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { InferenceSession } from '../lib/index.ts';
import { Model } from '../lib/model/model.ts';
import { toTensor } from '../lib/session/feeds.ts';
import { allocate } from '../lib/tensor/tensor.ts';
import { dumpModels } from '../test/helpers/dump-models.ts';
import { fuzzSeeds } from '../test/helpers/fuzz-seeds.ts';
import { differences } from '../test/helpers/same-bits.ts';

const addon = process.argv[2];
const worker = fileURLToPath(new URL('../test/helpers/run-plan.cjs', import.meta.url));
const cycles = 1000;
const overlapping = 50;

const step = async (what, run) => {
  const start = performance.now();
  await run();
  console.log(`ok  ${what} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
};

const models = ['floats', 'quantized'].map((name) => Model.loadSync(fuzzSeeds[name]));
const feedsOf = (model) =>
  Object.fromEntries(
    model.graph.inputs.map(({ name, dtype, dims }) => [
      name,
      toTensor({ dtype, dims, data: allocate(dtype, dims) }),
    ]),
  );
const textOf = (outputs) => JSON.stringify(Object.values(outputs).map(({ data }) => [...data]));

const folder = mkdtempSync(join(tmpdir(), 'kompakt-stress-'));
try {
  let dumps;
  await step('whole models, FP32 and INT8, on every tier, with one thread and with two', async () => {
    dumps = await dumpModels(folder);
    for (const { name, hashes } of differences(dumps, addon))
      throw new Error(`${name}: ${JSON.stringify(hashes)}`);
  });

  await step(`${cycles} sessions made, run and released`, async () => {
    for (let i = 0; i < cycles; i++) {
      const model = models[i % 2];
      const session = InferenceSession.fromModel(model, { intraOpNumThreads: 1 + (i % 3) });
      if (i % 4 === 0) await session.run(feedsOf(model));
      else session.runSync(feedsOf(model));
      await session.release();
    }
  });

  await step('runs that overlap, some of them aborted, while profiling begins', async () => {
    for (const model of models) {
      const sessions = [1, 2].map((intraOpNumThreads) =>
        InferenceSession.fromModel(model, { intraOpNumThreads }),
      );
      const wanted = textOf(sessions[0].runSync(feedsOf(model)));
      const runs = sessions.flatMap((session) =>
        Array.from({ length: overlapping }, (_, i) => {
          const signal = i % 5 === 4 ? AbortSignal.timeout(i) : undefined;
          return session.run(feedsOf(model), { signal }).then(textOf, (error) => {
            match(error.code, /^KPT_(ABORTED|SESSION_RELEASED)$/);
            return wanted;
          });
        }),
      );
      for (const session of sessions) session.startProfiling();
      // Released while runs are under way: those that have begun end first.
      const released = sessions.map((session) => session.release());
      for (const text of await Promise.all(runs)) strictEqual(text, wanted);
      await Promise.all(released);
    }
  });

  await step('bound buffers, one of which is taken away', async () => {
    const [model] = models;
    const session = InferenceSession.fromModel(model, { intraOpNumThreads: 1 });
    const feeds = feedsOf(model);
    const outputs = session.runSync(feeds);
    const views = (tensors) =>
      Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.data.slice()]));
    const inputViews = views(feeds);
    const bound = session.bind({ inputs: inputViews, outputs: views(outputs) });
    for (let i = 0; i < cycles; i++) bound();
    structuredClone(0, { transfer: Object.values(inputViews).map((view) => view.buffer) });
    throws(() => bound(), { code: 'KPT_BUFFER_INVALID' });
    await session.release();
  });

  await step('workers that end in the middle of a run', async () => {
    for (const { path } of dumps) {
      const workers = [1, 2].map(
        (threads) => new Worker(worker, { workerData: { addon, threads, dump: path } }),
      );
      await Promise.all(
        workers.map(
          (one) => new Promise((resolve, reject) => one.once('message', resolve).once('error', reject)),
        ),
      );
      await Promise.all(workers.map((one) => one.terminate()));
    }
  });
} finally {
  rmSync(folder, { recursive: true });
}
