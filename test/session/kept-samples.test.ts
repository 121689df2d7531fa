// Samples that come one by one in the same memory: what keeps them gives what it gives for an array.
import { Tensor } from 'onnxruntime-common';
import { binarize } from '../../lib/compress/binarize-model.js';
import { distill } from '../../lib/compress/distill.js';
import { finetune } from '../../lib/compress/finetune.js';
import { prune } from '../../lib/compress/prune-model.js';
import { quantize } from '../../lib/compress/quantize-model.js';
import { explain } from '../../lib/explain/explain.js';
import { tune } from '../../lib/search/tune.js';
import { keptSamples } from '../../lib/session/kept-samples.js';
import { samplesIn } from '../../lib/session/samples.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import type { Lesson } from '../../lib/train/train-model.js';
import { classes, pictures, side } from '../helpers/pictures.js';

const model = buildNetwork('small-vgg', { input: [1, side, side], classes, width: 0.125, seed: 3 });
const lessons = pictures(64);
const run = { epochs: 1, batch: 16, threads: 1 } as const;

/** The lessons, each written over the one before. */
const reusing = {
  *[Symbol.iterator](): Generator<Lesson> {
    const memory = new Float32Array(side * side);
    const feeds = { input: new Tensor('float32', memory, [1, 1, side, side]) };
    for (const lesson of lessons) {
      memory.set(lesson.feeds.input!.data as Float32Array);
      yield { ...lesson, feeds };
    }
  },
};

const taylor = { share: 0.5, roundTo: 1, importance: 'taylor' } as const;
const keepers: Record<string, (data: typeof reusing | Lesson[]) => Promise<unknown>> = {
  finetune: async (data) => (await finetune(model, { ...run, data })).model.toBytes(),
  'finetune, streamed': async (data) =>
    (await finetune(model, { ...run, data, memoryBytes: 20 * side * side * 4 })).model.toBytes(),
  'finetune, careful': async (data) =>
    (await finetune(model, { ...run, data, careful: { heldOut: 0.3 } })).report.careful,
  distill: async (data) =>
    (await distill(model, { ...run, data, teacher: 'self', quantize: {} })).model.toBytes(),
  binarize: async (data) => (await binarize(model, { ...run, data, method: 'bnn' })).model.toBytes(),
  prune: async (data) => (await prune(model, { channels: taylor, data })).model.toBytes(),
  quantize: async (data) => (await quantize(model, { data, weightBits: 4 })).model.toBytes(),
  explain: async (data) => {
    const { model: small } = await quantize(model, { data: lessons });
    const { spreads, sqnr } = await explain(model, small, { data, seconds: 0 });
    return { spreads, sqnr };
  },
  tune: async (data) => {
    const space = { learningRate: [0.01, 0.02], batch: [16] };
    const options = {
      method: 'finetune',
      data,
      space,
      trials: 2,
      epochs: 1,
      holdout: 0.3,
      threads: 1,
    } as const;
    return (await tune(model, options)).model.toBytes();
  },
};

test.each(Object.entries(keepers))('%s', async (_, keep) => {
  expect(await keep(reusing)).toEqual(await keep(lessons));
});

test('an array is as it is; of others the values are copied, and the rest is not', async () => {
  expect(keptSamples(lessons)).toBe(lessons);
  const text = new Tensor('string', ['a', 'b'], [2]);
  const half = new Tensor('float16', Uint16Array.of(1, 2), [1, 2]);
  const given = { name: 'one', label: 3, feeds: { text, half }, targets: { half } };
  const kept = keptSamples<typeof given>(new Set([given]));
  for await (const sample of samplesIn<typeof given>(kept)) {
    expect(sample).toMatchObject({ name: 'one', label: 3 });
    for (const copy of [sample.feeds.half, sample.targets.half]) {
      expect(copy).toMatchObject({ type: 'float16', dims: [1, 2], data: half.data });
      expect(copy.data).not.toBe(half.data);
    }
    expect(sample.feeds.text).toMatchObject({ type: 'string', dims: [2], data: ['a', 'b'] });
  }
});
