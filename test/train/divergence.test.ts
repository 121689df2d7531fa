// Weights that ran away, however late.
import { finetune } from '../../lib/train/finetune.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { classes, pictures, side } from '../helpers/pictures.js';

const model = () => buildNetwork('lenet-300-100', { input: [1, side, side], classes, width: 0.05, seed: 3 });

test.each([
  ['sgd', {}],
  ['adamw', {}],
  ['sgd', { averageWeights: 0.9 }],
] as const)('a last update by %s that makes weights no numbers is told: %j', async (optimizer, options) => {
  const training = finetune(model(), {
    data: pictures(16),
    epochs: 1,
    batch: 16,
    optimizer,
    learningRate: 1e39,
    threads: 1,
    ...options,
  });
  await expect(training).rejects.toMatchObject({
    code: 'KPT_TRAINING_DIVERGED',
    message: expect.stringMatching(/^'.+' has -?(NaN|Infinity) after the last step\./),
  });
});

test('where an epoch before it is kept, it does no harm', async () => {
  const { model: kept, report } = await finetune(model(), {
    data: pictures(40),
    epochs: 1,
    batch: 16,
    learningRate: 1e39,
    careful: { heldOut: 0.4 },
    schedule: 'constant',
    threads: 1,
  });
  expect(report.kept).toBe(0);
  for (const { dtype, data } of kept.graph.constants.values())
    if (dtype === 'float32') expect((data as Float32Array).every(Number.isFinite)).toBe(true);
});
