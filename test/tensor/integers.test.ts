import { integerFrom, largestInteger, leastInteger } from '../../lib/tensor/integers.js';
import { fromNumbers } from '../../lib/tensor/tensor.js';

test('bounds', () => {
  expect(leastInteger('int64')).toBe(-(2n ** 63n));
  expect(largestInteger('int64')).toBe(2n ** 63n - 1n);
  expect(largestInteger('uint64')).toBe(2n ** 64n - 1n);
  expect(largestInteger('int8')).toBe(127n);
});

test.each([
  [2.9, 'int64', 2n],
  [-2.9, 'int32', -2n],
  [Number.NaN, 'int64', -(2n ** 63n)],
  [Number.NaN, 'uint8', 0n],
  [Number.POSITIVE_INFINITY, 'int64', 2n ** 63n - 1n],
  [Number.NEGATIVE_INFINITY, 'int32', -(2n ** 31n)],
  [1e20, 'int64', 2n ** 63n - 1n],
  [300, 'uint8', 255n],
] as const)('%d as %s', (x, dtype, wanted) => {
  expect(integerFrom(x, dtype)).toBe(wanted);
});

test('tensors of 64-bit integers take what is no number', () => {
  const { data } = fromNumbers('int64', [3], [Number.NaN, Number.NEGATIVE_INFINITY, 7.5]);
  expect([...(data as BigInt64Array)]).toEqual([-(2n ** 63n), -(2n ** 63n), 7n]);
});
