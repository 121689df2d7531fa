// Models with one score, yes or no: each loss by hand, what is refused, and training end to end.
import { Tensor } from 'onnxruntime-common';
import { type FinetuneOptions, finetune } from '../../../lib/compress/finetune.js';
import { GraphBuilder } from '../../../lib/graph/builder.js';
import { Model } from '../../../lib/model/model.js';
import { normalNumbers } from '../../../lib/ops/shared/random-numbers.js';
import { f32, i64, toNumbers } from '../../../lib/tensor/tensor.js';
import { soften } from '../../../lib/train/distill/soften.js';
import { distill } from '../../../lib/train/distill.js';
import { evaluate } from '../../../lib/train/evaluate.js';
import { binaryCrossEntropy } from '../../../lib/train/losses/binary-cross-entropy.js';
import { crossEntropy } from '../../../lib/train/losses/cross-entropy.js';
import { klDivergence } from '../../../lib/train/losses/kl-divergence.js';
import { softTargets } from '../../../lib/train/losses/soft-targets.js';
import { randomFor } from '../../../lib/train/seeds.js';
import { randomFloats } from '../../helpers/random-floats.js';
import { runLoss } from '../../helpers/run-loss.js';

const scores = [0.5, -2, 3];
const labels = [1, 0, 0];
const shares = [0.9, 0.25, 0];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
const cross = (targets: readonly number[], temperature = 1) =>
  mean(
    targets.map((t, i) => {
      const p = sigmoid(scores[i]! / temperature);
      return -t * Math.log(p) - (1 - t) * Math.log(1 - p);
    }),
  );
const y = { y: f32([3, 1], scores) };

test('cross-entropy is that of yes and no, with smoothing over both, hard and mixed', () => {
  const target = { target: i64(labels) };
  expect(runLoss(crossEntropy(), y, target)).toBeCloseTo(cross(labels), 5);
  expect(runLoss(crossEntropy(), { y: f32([3], scores) }, target)).toBeCloseTo(cross(labels), 5);
  const smooth = cross(labels.map((t) => 0.8 * t + 0.1));
  expect(runLoss(crossEntropy({ smoothing: 0.2 }), y, target)).toBeCloseTo(smooth, 5);
  const mixed = { target: f32([3, 1], shares) };
  expect(runLoss(crossEntropy({ soft: true }), y, mixed)).toBeCloseTo(cross(shares), 5);
  expect(runLoss(binaryCrossEntropy(), y, mixed)).toBeCloseTo(cross(shares), 5);
});

test.each([1, 3])('soft targets at temperature %d', (temperature) => {
  const entropy = mean(
    shares.map((t) => -(t > 0 ? t * Math.log(t) : 0) - (t < 1 ? (1 - t) * Math.log(1 - t) : 0)),
  );
  const loss = runLoss(softTargets(temperature, 't'), y, { t: f32([3, 1], shares) });
  expect(loss).toBeCloseTo(temperature ** 2 * (cross(shares, temperature) - entropy), 5);
});

test('teachers with one score soften it, be it a logit or a probability', () => {
  const values = (list: readonly number[]) => f32([list.length, 1], list);
  const [logits, probabilities] = [scores, scores.map(sigmoid)];
  const wanted = scores.map((x) => sigmoid(x / 4));
  for (const answer of [
    { values: values(logits), probabilities: false },
    { values: values(probabilities), probabilities: true },
  ])
    toNumbers(soften([answer, answer], 4)).forEach((v, i) => {
      expect(v).toBeCloseTo(wanted[i]!, 5);
    });
  const sure = { values: values([0, 1]), probabilities: true };
  expect([...toNumbers(soften([sure], 1))].every(Number.isFinite)).toBe(true);
});

/** One hidden layer and one score behind `ends`. */
function net(ends: 'Sigmoid' | 'HardSigmoid' | 'Softmax' | '', seed = 1): Model {
  const g = new GraphBuilder('one-score');
  const x = g.input('x', 'float32', ['N', 6]);
  const weight = (name: string, dims: readonly [number, number], at: number) =>
    g.constant(name, f32(dims, randomFloats(dims[0] * dims[1], at)));
  const hidden = g.node('Relu', g.node('Gemm', [x, weight('w', [6, 8], seed)]))[0]!;
  const score = g.node('Gemm', [hidden, weight('o', [8, 1], seed + 1)])[0]!;
  g.output(ends === '' ? score : g.node(ends, [score])[0]!, 'float32', ['N', 1]);
  return new Model(g.build());
}

function samples(count: number, seed: number) {
  const normal = normalNumbers(randomFor(seed, 'weights'));
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2;
    const values = Float32Array.from({ length: 6 }, () => normal() + 2 * label);
    return { label, feeds: { x: new Tensor('float32', values, [1, 6]) } };
  });
}

const data = samples(160, 1);
const judged = samples(60, 2);
const settings = { data, batch: 8, epochs: 12, threads: 1, learningRate: 0.02 } as const;

test.each(['Sigmoid', 'HardSigmoid', ''] as const)('finetune learns labels 0 and 1: %j', async (ends) => {
  for (const options of [
    {},
    { loss: 'binary-cross-entropy' },
    { mixup: 0.2 },
    ...(ends === 'HardSigmoid' ? [] : [{ quantize: {} }]),
  ] as Partial<FinetuneOptions>[]) {
    const { model, report } = await finetune(net(ends), { ...settings, ...options });
    expect(report.epochs.at(-1)!.accuracy).toBeGreaterThan(0.8);
    expect((await evaluate(model, judged, { threads: 1 })).accuracy).toBeGreaterThan(0.85);
  }
});

test('label 0 is no', async () => {
  const { report } = await finetune(net('Sigmoid'), {
    ...settings,
    data: data.filter(({ label }) => label === 0),
    loss: 'binary-cross-entropy',
    epochs: 1,
    batch: 80,
    learningRate: 1e-9,
  });
  const no = data.filter(({ label }) => label === 0);
  const { loss } = await evaluate(net('Sigmoid'), no, { threads: 1 });
  expect(report.epochs[0]!.loss).toBeCloseTo(loss, 4);
});

test.each(['Sigmoid', ''] as const)('a student learns from a teacher without labels: %j', async (ends) => {
  const teacher = (await finetune(net('Sigmoid', 7), settings)).model;
  const unlabelled = data.map(({ feeds }) => ({ feeds }));
  const { model } = await distill(net(ends), { ...settings, data: unlabelled, teacher, softWeight: 1 });
  expect((await evaluate(model, judged, { threads: 1 })).accuracy).toBeGreaterThan(0.85);
});

test('what can learn nothing is refused', async () => {
  const refusal = {
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining('give binary-cross-entropy'),
  };
  expect(() => runLoss(klDivergence(), y, { target: y.y })).toThrow(expect.objectContaining(refusal));
  const over = { code: 'KPT_OPTION_INVALID', message: expect.stringContaining('is over one class') };
  await expect(finetune(net('Softmax'), settings)).rejects.toMatchObject(over);
  await expect(
    distill(net('Softmax'), { ...settings, teacher: net(''), softWeight: 1 }),
  ).rejects.toMatchObject(over);
  await expect(finetune(net(''), { ...settings, data: [{ ...data[0]!, label: 2 }] })).rejects.toMatchObject({
    code: 'KPT_DATA_MALFORMED',
    message: expect.stringContaining('an integer from 0 to 1 for the label of sample 0'),
  });
});
