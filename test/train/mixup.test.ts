// Mixup: shares of the beta distribution, rows and targets mixed alike, the loss of mixed labels, and the same bits for a seed.
import { finetune } from '../../lib/compress/finetune.js';
import { i64, type TensorValue } from '../../lib/tensor/tensor.js';
import { crossEntropy } from '../../lib/train/losses/cross-entropy.js';
import { betaNumber, mixOf, mixRows } from '../../lib/train/mixup.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { sgd } from '../../lib/train/optimizers/sgd.js';
import { randomFor } from '../../lib/train/seeds.js';
import { compileStep } from '../../lib/train/step.js';
import { classes, pictures, side } from '../helpers/pictures.js';

test.each([0.1, 0.2, 1, 3])('Beta(%d, %d): mean and variance', (alpha) => {
  const random = randomFor(1, 'augment');
  const shares = Array.from({ length: 20000 }, () => betaNumber(alpha, random));
  const mean = shares.reduce((a, b) => a + b) / shares.length;
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.015);
  expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeCloseTo(1, 1);
  expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
});

test('every sample is mixed with its partner as it was, the larger part its own', () => {
  const mix = mixOf(1, 7, randomFor(3, 'augment'));
  expect(mix.own).toBeGreaterThanOrEqual(0.5);
  expect(mix.partners.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  const rows = Array.from({ length: 7 }, (_, i) => Float32Array.of(i, 10 * i));
  mixRows(rows, mix);
  rows.forEach((row, i) => {
    const value = mix.own * i + (1 - mix.own) * mix.partners[i]!;
    expect([...row]).toEqual([Math.fround(value), expect.closeTo(10 * value, 4)]);
  });
});

const net = () => buildNetwork('lenet-300-100', { input: [1, side, side], classes, width: 0.05, seed: 3 });

test.each([0, 0.2])('the loss of mixed labels is the mixed loss of labels, smoothing %d', (smoothing) => {
  const batch = 4;
  const lossOf = (soft: boolean, target: TensorValue): number => {
    const loss = crossEntropy({ smoothing, soft });
    const step = compileStep({ graph: net().graph, loss, optimizer: sgd(), batch, threads: 1 });
    const random = randomFor(5, 'weights');
    const data = Float32Array.from({ length: batch * side * side }, random);
    const input: TensorValue = { dtype: 'float32', dims: [batch, 1, side, side], data };
    const inputs = new Map<string, TensorValue>([
      [step.inputs[0]!.name, input],
      ['target', target],
    ]);
    const result = step.run(inputs, { learningRate: 0.1, progress: 0 }).loss;
    step.release();
    return result;
  };
  const [first, second] = [
    [0, 1, 2, 3],
    [1, 1, 3, 0],
  ] as const;
  const mixed = new Float32Array(batch * classes);
  for (let i = 0; i < batch; i++) {
    mixed[i * classes + first[i]!]! += 0.7;
    mixed[i * classes + second[i]!]! += 0.3;
  }
  const soft = lossOf(true, { dtype: 'float32', dims: [batch, classes], data: mixed });
  expect(soft).toBeCloseTo(0.7 * lossOf(false, i64(first, [4])) + 0.3 * lossOf(false, i64(second, [4])), 5);
});

test('it learns, and the seed decides the bits, threads do not', async () => {
  const data = pictures(160);
  const evaluate = pictures(60, 2) as never;
  const run = (mixup: number | undefined, threads = 1, seed = 1) =>
    finetune(net(), {
      ...{ data, evaluate, epochs: 8, batch: 16, threads, seed },
      ...(mixup !== undefined && { mixup }),
    });
  const one = await run(0.4);
  expect(one.report.epochs.at(-1)!.evaluation).toBeGreaterThan(0.9);
  const bytes = ({ model }: typeof one): string => Buffer.from(model.toBytes()).toString('base64');
  expect(bytes(await run(0.4, 2))).toBe(bytes(one));
  expect(bytes(await run(0.4, 1, 2))).not.toBe(bytes(one));
  expect(bytes(await run(undefined))).not.toBe(bytes(one));
});
