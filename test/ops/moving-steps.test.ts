// Operators that choose, place and tell elements: natively, byte for byte what their references give.
import { attr } from '../../lib/graph/attribute.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32, fromNumbers } from '../../lib/tensor/tensor.js';
import { expectNativeBytes as check, scheduleOf } from '../helpers/native-like-reference.js';
import { noise } from '../helpers/run-reference.js';

/** Of every element size, and of both meanings of a byte. */
const types: readonly DType[] = ['float32', 'float64', 'float16', 'int64', 'int32', 'uint8', 'int8', 'bool'];
const of = (dtype: DType, dims: readonly number[], seed = 1) =>
  noise(dtype, dims, seed, dtype === 'bool' ? [0, 1] : [-100, 100]);

test('IsNaN and IsInf', () => {
  const x = f32([2, 3], [Number.NaN, Infinity, -Infinity, 1, -0, 1e-45]);
  check({ op: 'IsNaN', inputs: [x] });
  for (const detect_negative of [0, 1].map(attr.int))
    for (const detect_positive of [0, 1].map(attr.int))
      check({ op: 'IsInf', attributes: { detect_negative, detect_positive }, inputs: [x] });
  for (const dims of [[], [1], [20011]]) check({ op: 'IsNaN', inputs: [of('float32', dims)] });
});

test.each([
  [3, 4],
  [5, 3],
  [1, 1],
  [1, 7],
])('EyeLike of [%d,%d]', (...dims) => {
  for (const k of [-9, -2, -1, 0, 1, 3, 9])
    for (const dtype of [1, 2, 3, 6, 7, 9, 10, 11])
      check({
        op: 'EyeLike',
        attributes: { k: attr.int(k), dtype: attr.int(dtype) },
        inputs: [of('float32', dims)],
      });
});

test.each(types)('Compress of %s by a constant', (dtype) => {
  const inputs = [of(dtype, [3, 4, 5]), fromNumbers('bool', [3], [1, 0, 1])];
  for (const axis of [0, 1, 2]) check({ op: 'Compress', attributes: { axis: attr.int(axis) }, inputs });
  check({ op: 'Compress', inputs });
  expect(scheduleOf({ op: 'Compress', inputs, fed: [0, 1] })).toEqual([]);
});
