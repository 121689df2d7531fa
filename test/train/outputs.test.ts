// Files beside the model: what cannot be written is known before training, and what fails later does not cost the model.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { binarize } from '../../lib/compress/binarize-model.js';
import type { Model } from '../../lib/model/model.js';
import { distill } from '../../lib/train/distill.js';
import { type FinetuneOptions, finetune } from '../../lib/train/finetune.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { folder } from '../helpers/data-files.js';
import { classes, pictures, side } from '../helpers/pictures.js';

const model = buildNetwork('lenet-300-100', { input: [1, side, side], classes, width: 0.05, seed: 3 });
const data = pictures(40);
const settings = { epochs: 2, batch: 8, threads: 1 } as const;

/** Samples that nobody is to read. */
const untouched: typeof data = new Proxy(data, {
  get: (_, name) => {
    throw new Error(`read: ${String(name)}`);
  },
});

type Train = (options: Pick<FinetuneOptions, 'data' | 'curves' | 'checkpoint'>) => Promise<{ model: Model }>;
const trainings: Record<string, Train> = {
  finetune: (options) => finetune(model, { ...settings, ...options }),
  distill: (options) => distill(model, { ...settings, ...options, teacher: model }),
};

test.each(Object.keys(trainings))('%s looks whether it can write before anything else', async (name) => {
  const path = join(folder, 'none', 'file');
  for (const option of [{ curves: path }, { checkpoint: { path } }])
    await expect(trainings[name]!({ data: untouched, ...option })).rejects.toMatchObject({
      code: 'KPT_FILE_WRITE',
      message: expect.stringContaining(path),
    });
});

test('binarize looks before its first stage', async () => {
  const events: string[] = [];
  const run = binarize(model, {
    ...settings,
    data,
    activationEpochs: 1,
    curves: join(folder, 'none', 'curves.html'),
    onEvent: ({ event }) => events.push(event),
  });
  await expect(run).rejects.toMatchObject({ code: 'KPT_FILE_WRITE' });
  expect(events).toEqual([]);
});

test('curves and log that fail later leave a warning and the model', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const place = join(folder, 'place');
  mkdirSync(place);
  const [curves, log] = [join(place, 'curves.html'), join(place, 'run.jsonl')];
  const { model: trained } = await finetune(model, {
    ...settings,
    data,
    curves,
    log,
    onEvent: ({ event }) => {
      if (event === 'epoch') rmSync(place, { recursive: true, force: true });
    },
  });
  const plain = await finetune(model, { ...settings, data });
  expect(Buffer.from(trained.toBytes()).equals(Buffer.from(plain.model.toBytes()))).toBe(true);
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining(log), { code: 'KPT_FILE_WRITE' }],
    [expect.stringContaining(curves), { code: 'KPT_FILE_WRITE' }],
  ]);
  warn.mockRestore();
});
