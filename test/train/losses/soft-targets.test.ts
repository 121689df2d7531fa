// Soft targets: T^2 times the Kullback-Leibler divergence at temperature T, by hand.
import { f32 } from '../../../lib/tensor/tensor.js';
import { softTargets } from '../../../lib/train/losses/soft-targets.js';
import { runLoss } from '../../helpers/run-loss.js';

const softmax = (row: readonly number[], temperature: number) => {
  const powers = row.map((v) => Math.exp(v / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((v) => v / sum);
};
const student = [
  [1, 2, -1],
  [0.5, 0, 3],
];
const teacher = [
  [2, 2, 0],
  [-1, 0, 1],
];

test.each([1, 2, 5])('temperature %d', (temperature) => {
  const targets = teacher.map((row) => softmax(row, temperature));
  const divergence = (row: number) => {
    const q = softmax(student[row]!, temperature);
    return targets[row]!.reduce((sum, p, c) => sum + p * Math.log(p / q[c]!), 0);
  };
  const loss = runLoss(
    softTargets(temperature, 'teacher'),
    { logits: f32([2, 3], student.flat()) },
    { teacher: f32([2, 3], targets.flat()) },
  );
  expect(loss).toBeCloseTo((temperature ** 2 * (divergence(0) + divergence(1))) / 2, 5);
});

test('a student that agrees has no loss; certainty has a finite one', () => {
  const logits = { logits: f32([1, 3], [1, 2, 3]) };
  expect(runLoss(softTargets(4, 't'), logits, { t: f32([1, 3], softmax([1, 2, 3], 4)) })).toBeCloseTo(0, 5);
  expect(runLoss(softTargets(1, 't'), logits, { t: f32([1, 3], [1, 0, 0]) })).toBeCloseTo(2.4076, 3);
});

test('only rows of classes are distilled', () => {
  expect(() => runLoss(softTargets(1, 't'), { map: f32([1, 2, 2, 1], [1, 2, 3, 4]) })).toThrow(
    expect.objectContaining({ code: 'KPT_OPTION_INVALID' }),
  );
});
