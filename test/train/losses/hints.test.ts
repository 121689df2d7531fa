// Hints and sums of losses, by hand.
import { f32 } from '../../../lib/tensor/tensor.js';
import { hint } from '../../../lib/train/losses/hints.js';
import { weightedSum } from '../../../lib/train/losses/weighted-sum.js';
import { runLoss } from '../../helpers/run-loss.js';

const inner = f32([2, 2], [1, 2, 3, 4]);
const target = f32([2, 2], [1, 1, 1, 1]);

test('a hint is the mean squared difference', () => {
  expect(runLoss(hint('inner', 't'), { inner }, { t: target })).toBe(14 / 4);
});

test('a sum weighs its parts', () => {
  const parts = [
    { loss: hint('inner', 'a'), weight: 1 },
    { loss: hint('inner', 'b'), weight: 0.5 },
  ];
  const sum = weightedSum(parts);
  expect(sum.name).toBe('hint + hint');
  expect(runLoss(sum, { inner }, { a: target, b: f32([2, 2], [0, 0, 0, 0]) })).toBe(3.5 + 0.5 * 7.5);
});
