// Whatever reads samples takes them with feeds in them and as feeds alone, and says what it expects where they are neither.
import { Tensor } from 'onnxruntime-common';
import { binarize } from '../../lib/compress/binarize-model.js';
import { distill } from '../../lib/compress/distill.js';
import { finetune } from '../../lib/compress/finetune.js';
import { prune } from '../../lib/compress/prune-model.js';
import { quantize } from '../../lib/compress/quantize-model.js';
import { explain } from '../../lib/explain/explain.js';
import { recordBaseline } from '../../lib/monitor/drift/record.js';
import { compare } from '../../lib/report/probe.js';
import { applyRecipe } from '../../lib/search/compress/apply-recipe.js';
import { compress } from '../../lib/search/compress.js';
import { tune } from '../../lib/search/tune.js';
import { samplesIn } from '../../lib/session/samples.js';
import { evaluate } from '../../lib/train/evaluate.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { classes, pictures, side, unlabelled } from '../helpers/pictures.js';

const model = buildNetwork('small-vgg', { input: [1, side, side], classes, width: 0.125, seed: 3 });
const lessons = pictures(32);
const run = { epochs: 1, batch: 16, threads: 1 } as const;

/** What reads samples of any kind, in whatever form they are. */
const readers: Record<string, (data: never) => Promise<unknown>> = {
  quantize: async (data) => (await quantize(model, { data })).model.toBytes(),
  prune: async (data) => (await prune(model, { channels: { share: 0.5, roundTo: 1 }, data })).model.toBytes(),
  distill: async (data) =>
    (await distill(model, { ...run, data, teacher: 'self', softWeight: 1 })).model.toBytes(),
  'distill with quantize': async (data) =>
    (await distill(model, { ...run, data, softWeight: 1, quantize: {} })).model.toBytes(),
  binarize: async (data) => (await binarize(model, { ...run, data, method: 'bnn' })).model.toBytes(),
  applyRecipe: async (data) =>
    (await applyRecipe(model, { steps: [{ method: 'quantize' }] }, { data, threads: 1 })).toBytes(),
  compare: async (data) => (await compare(model, model, { data })).samples,
  recordBaseline: (data) => recordBaseline(model, data),
  explain: async (data) => (await explain(model, model, { data, seconds: 0 })).samples,
  compress: async (data) => {
    const options = {
      data,
      budget: { maxDrop: 100 },
      methods: ['int8'],
      first: true,
      latencySeconds: 0.01,
      threads: 1,
    };
    const { report } = await compress(model, options);
    return report.trials.map(({ sha256 }) => sha256);
  },
};

/** What needs labels. */
const labelled: Record<string, (data: never) => Promise<unknown>> = {
  finetune: (data) => finetune(model, { ...run, data }),
  tune: (data) => tune(model, { method: 'finetune', data } as never),
  evaluate: (data) => evaluate(model, data),
  'evaluate of explain': (evaluate) => explain(model, model, { data: lessons, evaluate, seconds: 0 }),
  'evaluate of finetune': (evaluate) => finetune(model, { ...run, data: lessons, evaluate }),
};

test.each(Object.entries(readers))('%s makes the same of both forms', async (_, read) => {
  const whole = await read(unlabelled(lessons) as never);
  const alone = lessons.map(({ feeds }) => feeds);
  expect(await read(alone as never)).toEqual(whole);
  const streamed = {
    async *[Symbol.asyncIterator]() {
      yield* alone;
    },
  };
  expect(await read(streamed as never)).toEqual(whole);
});

test.each(Object.entries(labelled))('%s asks feeds alone for their labels', async (name, read) => {
  // tune finds that nothing can be held out to judge by.
  const code = name === 'tune' ? 'KPT_OPTION_INVALID' : 'KPT_INPUT_MISSING';
  await expect(read(lessons.map(({ feeds }) => feeds) as never)).rejects.toMatchObject({ code });
});

test.each(Object.entries({ ...readers, ...labelled }))('%s says what it takes', async (_, read) => {
  for (const bad of [
    [1, 2, 3],
    [null],
    [[]],
    [new Tensor('float32', [1], [1])],
    [{ feeds: 5 }],
    [{ feeds: undefined }],
  ])
    await expect(read(bad as never)).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringContaining('{ feeds, label } or feeds alone'),
    });
});

test.each(
  Object.entries({ ...readers, ...labelled }).filter(([name]) => !/evaluate|compare|record/.test(name)),
)('%s refuses what cannot be iterated', async (_, read) => {
  for (const bad of [5, {}, null])
    await expect(read(bad as never)).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringContaining('samples (an array, an iterable or openSamples(...))'),
    });
});

test('inputs may be called feeds, dims and type', async () => {
  const value = new Tensor('float32', [1], [1]);
  const found: unknown[] = [];
  const all = [{ feeds: value }, { type: value, dims: value }, { feeds: { feeds: value }, label: 1 }];
  for await (const sample of samplesIn(all as never)) found.push(sample);
  expect(found).toEqual([{ feeds: all[0] }, { feeds: all[1] }, all[2]]);
});
