// What follows the last step.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { finetune } from '../../lib/train/finetune.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { folder } from '../helpers/data-files.js';
import { classes, pictures, side } from '../helpers/pictures.js';

test('measuring BatchNormalization can be aborted, and is made up for by who resumes', async () => {
  const model = buildNetwork('small-vgg', { input: [1, side, side], classes, width: 0.125, seed: 3 });
  const options = { data: pictures(64), epochs: 1, batch: 4, batchNormBatches: 16, threads: 1 } as const;
  const whole = await finetune(model, options);
  const checkpoint = { path: join(folder, 'train-model'), resume: true };
  const end = new AbortController();
  const aborted = finetune(model, {
    ...options,
    checkpoint,
    signal: end.signal,
    onEvent: ({ event }) => {
      if (event === 'end') setTimeout(() => end.abort(), 0);
    },
  });
  await expect(aborted).rejects.toMatchObject({ code: 'KPT_ABORTED' });
  expect(existsSync(checkpoint.path)).toBe(true);
  const resumed = await finetune(model, { ...options, checkpoint });
  expect(Buffer.from(resumed.model.toBytes()).equals(Buffer.from(whole.model.toBytes()))).toBe(true);
});
