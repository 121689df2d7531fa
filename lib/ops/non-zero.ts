// Coordinates of all elements that are not zero: int64 [rank, count].
import { isInt64 } from '../tensor/dtype.js';
import type { Dims } from '../tensor/shape.js';
import { allocate, type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, needValue, noMacs, notDifferentiable, staysFloat } from './op.js';

export const nonZero = defineOp({
  op: 'NonZero',
  domain: '',
  since: 9,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    const { dims } = inputType(ctx, 0);
    return [{ dtype: 'int64', dims: [dims.length, countOf(marksOf(needValue(ctx, 0)))] }];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    return [coordinates(marksOf(x), x.dims)];
  },
  sizedByResult: true,
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('its output is indices'),
  lower: 'host',
});

/** Numbers that are 0 where the elements are: -0 is, NaN is not. */
function marksOf({ dtype, dims, data }: TensorValue): ArrayLike<number> {
  if (dtype === 'string') return Uint8Array.from(data as string[], (v) => v.length && 1);
  // Of these not every 0 is the number 0.
  const bits = isInt64(dtype) || dtype === 'float16' || dtype === 'bfloat16';
  return bits ? toNumbers({ dtype, dims, data }) : (data as Uint8Array);
}

function countOf(marks: ArrayLike<number>): number {
  let count = 0;
  // Number() is without a branch, which a random mask would mispredict half of the time.
  for (let i = 0; i < marks.length; i++) count += Number(marks[i] !== 0);
  return count;
}

/** Coordinate of every mark, axis by axis. */
function coordinates(marks: ArrayLike<number>, dims: Dims): TensorValue {
  const count = countOf(marks);
  const data = allocate('int64', [dims.length, count]);
  if (data.length === 0) return tensor('int64', [dims.length, count], data);
  // Coordinates have 31 bits: the upper words stay 0.
  const words = new Int32Array(data.buffer);
  const length = dims.at(-1)!;
  const last = new Int32Array(length);
  const outer = new Int32Array(dims.length - 1);
  for (let start = 0, done = 0; start < marks.length; start += length) {
    const found = placesIn(marks, start, last);
    for (let axis = 0; axis < dims.length; axis++) {
      const to = 2 * (axis * count + done);
      const at = outer[axis]!;
      const isLast = axis === outer.length;
      for (let i = 0; i < found; i++) words[to + 2 * i] = isLast ? last[i]! : at;
    }
    done += found;
    for (let axis = outer.length - 1; axis >= 0 && ++outer[axis]! === dims[axis]; axis--) outer[axis] = 0;
  }
  return tensor('int64', [dims.length, count], data);
}

/** Writes the places of the marks in one row to `places`, and returns how many there are. */
function placesIn(marks: ArrayLike<number>, start: number, places: Int32Array): number {
  let found = 0;
  for (let i = 0; i < places.length; i++) {
    places[found] = i;
    found += Number(marks[start + i] !== 0);
  }
  return found;
}
