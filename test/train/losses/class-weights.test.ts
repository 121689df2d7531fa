// Classes that count differently, by hand and end to end.
import { finetune } from '../../../lib/compress/finetune.js';
import { f32, i64 } from '../../../lib/tensor/tensor.js';
import { evaluate } from '../../../lib/train/evaluate.js';
import { crossEntropy } from '../../../lib/train/losses/cross-entropy.js';
import { buildNetwork } from '../../../lib/train/networks/index.js';
import { classes, pictures, side } from '../../helpers/pictures.js';
import { randomFloats } from '../../helpers/random-floats.js';
import { runLoss } from '../../helpers/run-loss.js';

const weights = [0.5, 3, 1];
const [batch, count] = [4, 3];
const labels = [2, 1, 0, 1];
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** -sum w t log p by sum w t, with `smoothing` of t in the numerator. */
function expectedLoss(scores: readonly number[][], targets: readonly number[][], smoothing: number): number {
  const logs = scores.map((row) => row.map((x) => x - Math.log(sum(row.map(Math.exp)))));
  const smooth = (t: number) => (1 - smoothing) * t + smoothing / count;
  const losses = logs.map((row, i) => sum(row.map((log, c) => -weights[c]! * smooth(targets[i]![c]!) * log)));
  return sum(losses) / sum(targets.map((row) => sum(row.map((t, c) => weights[c]! * t))));
}

const rows = (values: ArrayLike<number>, length = count) =>
  Array.from({ length: values.length / length }, (_, i) =>
    Array.from({ length }, (_, c) => values[i * length + c]!),
  );
const oneHot = (given: readonly number[]) => given.map((l) => weights.map((_, c) => Number(c === l)));

test.each([0, 0.2])('labels and mixed labels, smoothing %d', (smoothing) => {
  const values = randomFloats(batch * count, 3, 4);
  const y = { y: f32([batch, count], values) };
  const options = { smoothing, classWeights: weights };
  const hard = runLoss(crossEntropy(options), y, { target: i64(labels) });
  expect(hard).toBeCloseTo(expectedLoss(rows(values), oneHot(labels), smoothing), 5);
  const shares = rows(randomFloats(batch * count, 8).map(Math.abs)).map((row) =>
    row.map((v) => v / sum(row)),
  );
  const mixed = { target: f32([batch, count], shares.flat()) };
  const soft = runLoss(crossEntropy({ ...options, soft: true }), y, mixed);
  expect(soft).toBeCloseTo(expectedLoss(rows(values), shares, smoothing), 5);
  const even = runLoss(crossEntropy({ smoothing, classWeights: [2, 2, 2] }), y, { target: i64(labels) });
  expect(even).toBeCloseTo(runLoss(crossEntropy({ smoothing }), y, { target: i64(labels) }), 5);
});

test('a label for each pixel', () => {
  const values = randomFloats(2 * count * 2, 5, 4);
  // [2,3,2] as rows of classes.
  const pixels = [0, 1].flatMap((n) =>
    [0, 1].map((i) => weights.map((_, c) => values[n * count * 2 + c * 2 + i]!)),
  );
  const target = { target: i64(labels, [2, 2]) };
  const loss = runLoss(
    crossEntropy({ smoothing: 0.1, classWeights: weights }),
    { y: f32([2, count, 2], values) },
    target,
  );
  expect(loss).toBeCloseTo(expectedLoss(pixels, oneHot(labels), 0.1), 5);
});

test.each([0, 0.2])('one score, no and yes, smoothing %d', (smoothing) => {
  const scores = [0.5, -2, 3];
  const [no, yes] = [0.25, 4];
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const wanted = (targets: readonly number[]) => {
    const losses = targets.map((target, i) => {
      const [t, p] = [(1 - smoothing) * target + smoothing / 2, sigmoid(scores[i]!)];
      return -yes * t * Math.log(p) - no * (1 - t) * Math.log(1 - p);
    });
    return sum(losses) / sum(targets.map((t) => yes * t + no * (1 - t)));
  };
  const y = { y: f32([3, 1], scores) };
  const options = { smoothing, classWeights: [no, yes] };
  expect(runLoss(crossEntropy(options), y, { target: i64([1, 0, 0]) })).toBeCloseTo(wanted([1, 0, 0]), 5);
  const shares = [0.9, 0.25, 0];
  const soft = runLoss(crossEntropy({ ...options, soft: true }), y, { target: f32([3, 1], shares) });
  expect(soft).toBeCloseTo(wanted(shares), 5);
});

test('as many as classes', () => {
  const wrong = (shape: number[]) => () =>
    runLoss(
      crossEntropy({ classWeights: [1, 2, 3, 4] }),
      { y: f32(shape, new Float32Array(3)) },
      { target: i64(shape[1] === 1 ? [0, 1, 0] : [0]) },
    );
  expect(wrong([1, 3])).toThrow("Expected 3 classWeights for 'y' [1,3] but received 4.");
  expect(wrong([3, 1])).toThrow("Expected 2 classWeights for 'y' of one score, no and yes but received 4.");
});

test('a rare class is found more often', async () => {
  const all = pictures(400, 1, 5);
  let rare = 0;
  const data = all.filter(({ label }) => label !== 0 || rare++ % 8 === 0);
  const judged = pictures(300, 2, 5);
  const ofRare = judged.filter(({ label }) => label === 0) as never;
  const net = buildNetwork('small-vgg', { input: [1, side, side], classes, width: 0.125, seed: 3 });
  const right = async (classWeights?: number[]) => {
    const loss = { name: 'cross-entropy', ...(classWeights && { classWeights }) } as const;
    const { model } = await finetune(net, { data, epochs: 5, batch: 16, seed: 1, threads: 1, loss });
    return (await evaluate(model, ofRare, { threads: 1 })).accuracy;
  };
  const weighted = Array.from({ length: classes }, (_, c) => (c === 0 ? 8 : 1));
  const [plain, helped] = [await right(), await right(weighted)];
  expect(helped).toBeGreaterThan(plain + 0.1);
});
