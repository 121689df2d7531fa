// Coordinates of all elements that are not zero: int64 [rank, count].
import { type Dims, stridesOf } from '../tensor/shape.js';
import { i64, type TensorValue, toNumbers } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, needValue, noMacs, notDifferentiable, staysFloat } from './op.js';

export const nonZero = defineOp({
  op: 'NonZero',
  domain: '',
  since: 9,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => [
    { dtype: 'int64', dims: [inputType(ctx, 0).dims.length, places(needValue(ctx, 0)).length] },
  ],
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const found = places(x);
    return [i64(coordinates(x.dims, found), [x.dims.length, found.length])];
  },
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('its output is indices'),
  lower: 'host',
});

/** Offsets of the elements that are not zero; -0 is zero, NaN is not. */
function places(x: TensorValue): Int32Array {
  // As numbers all types are walked through by the same loop.
  const values =
    x.dtype === 'string' ? Uint8Array.from(x.data as string[], (v) => v.length && 1) : toNumbers(x);
  const found = new Int32Array(values.length);
  let count = 0;
  // Without a branch, which a random mask would mispredict half of the time.
  for (let i = 0; i < values.length; i++) {
    found[count] = i;
    count += values[i] === 0 ? 0 : 1;
  }
  return found.subarray(0, count);
}

/** Coordinate of every offset, axis by axis. */
function coordinates(dims: Dims, offsets: Int32Array): Float64Array {
  const found = new Float64Array(dims.length * offsets.length);
  stridesOf(dims).forEach((stride, axis) => {
    const start = axis * offsets.length;
    const dim = dims[axis]!;
    for (let i = 0; i < offsets.length; i++) found[start + i] = Math.floor(offsets[i]! / stride) % dim;
  });
  return found;
}
