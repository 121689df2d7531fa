// Many samples in one tensor: rows in their places, types and sizes checked.
import { BatchBuffer } from '../../lib/data/batch.js';
import { f32, fromNumbers } from '../../lib/tensor/tensor.js';

test('samples are rows of the tensor; the memory is reused', () => {
  const buffer = new BatchBuffer('x', { dtype: 'float32', dims: [2] }, 3);
  for (let i = 0; i < 3; i++) buffer.set(i, f32([1, 2], [i, 10 * i]), 'a sample');
  expect(buffer.take(3)).toEqual(f32([3, 2], [0, 0, 1, 10, 2, 20]));
  const two = buffer.take(2);
  expect(two).toEqual(f32([2, 2], [0, 0, 1, 10]));
  (buffer.sample(1) as Float32Array).fill(7);
  expect(two).toEqual(f32([2, 2], [0, 0, 7, 7]));
});

test('numbers, also 64-bit ones', () => {
  const labels = new BatchBuffer('target', { dtype: 'int64', dims: [] }, 2);
  labels.setNumber(1, 9);
  expect(labels.take(2)).toEqual(fromNumbers('int64', [2], [0, 9]));
});

test('what does not fit is refused', () => {
  const buffer = new BatchBuffer('x', { dtype: 'float32', dims: [2] }, 3);
  expect(() => buffer.set(0, f32([3], [1, 2, 3]), 'a sample')).toThrow(
    expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
  );
  expect(() => buffer.set(0, fromNumbers('uint8', [2], [1, 2]), 'a sample')).toThrow(
    expect.objectContaining({ code: 'KPT_TYPE_MISMATCH' }),
  );
});

test('as many elements in other sizes are refused; dimensions of 1 may be left out', () => {
  const buffer = new BatchBuffer('x', { dtype: 'float32', dims: [1, 2, 3] }, 3);
  const values = [1, 2, 3, 4, 5, 6];
  expect(() => buffer.set(0, f32([1, 1, 3, 2], values), 'a sample')).toThrow(
    expect.objectContaining({
      code: 'KPT_SHAPE_MISMATCH',
      message: "Expected 6 elements [1,2,3] for 'x' of a sample but received [1,1,3,2].",
    }),
  );
  buffer.set(0, f32([2, 3], values), 'a sample');
  expect(buffer.take(1)).toEqual(f32([1, 1, 2, 3], values));
  expect(buffer.isFor(f32([1, 1, 2, 3], values))).toBe(true);
  expect(buffer.isFor(f32([1, 2, 1, 3], values))).toBe(false);
  expect(buffer.isFor(fromNumbers('uint8', [1, 1, 2, 3], values))).toBe(false);
});
