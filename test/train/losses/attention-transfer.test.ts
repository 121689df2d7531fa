// Attention transfer: maps by hand, and the loss between them.
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { attentionMap, attentionTransfer } from '../../../lib/train/losses/attention-transfer.js';
import { randomFloats } from '../../helpers/random-floats.js';
import { runLoss } from '../../helpers/run-loss.js';

test('a map is the sum of squares over channels, of length 1', () => {
  const { dims, data } = attentionMap(f32([2, 2, 1, 2], [1, 2, 2, 0, 0, 0, 0, 3]));
  expect(dims).toEqual([2, 2]);
  const length = Math.hypot(5, 4);
  for (const [i, v] of [5 / length, 4 / length, 0, 1].entries()) expect(data[i]).toBeCloseTo(v, 6);
});

test('the loss is the mean squared difference of the maps, whatever the channels and their size', () => {
  const student = f32([2, 3, 2, 2], randomFloats(24, 1));
  const teacher = attentionMap(f32([2, 5, 2, 2], randomFloats(40, 2, 9)));
  const own = toNumbers(attentionMap(student));
  const expected = own.reduce((sum, v, i) => sum + (v - toNumbers(teacher)[i]!) ** 2, 0) / 8;
  expect(expected).toBeGreaterThan(0.001);
  const loss = attentionTransfer('inner', 'map');
  expect(runLoss(loss, { inner: student }, { map: teacher })).toBeCloseTo(expected, 6);
  expect(runLoss(loss, { inner: student }, { map: attentionMap(student) })).toBeCloseTo(0, 9);
});

test('a dark map is no division by zero', () => {
  const dark = f32([1, 2, 1, 2], [0, 0, 0, 0]);
  expect(runLoss(attentionTransfer('inner', 'map'), { inner: dark }, { map: attentionMap(dark) })).toBe(0);
});

test('only pictures have attention', () => {
  expect(() => runLoss(attentionTransfer('inner', 'map'), { inner: f32([1, 2], [1, 2]) })).toThrow(
    expect.objectContaining({ code: 'KPT_OPTION_INVALID' }),
  );
});
