// Coordinates of all elements that are not zero: int64 [rank, count].
import { type Dims, stridesOf } from '../tensor/shape.js';
import { i64, type TensorValue } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, needValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { elementsOf } from './shared/elements.js';

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
function places(x: TensorValue): number[] {
  const found: number[] = [];
  const values = elementsOf(x);
  for (let i = 0; i < values.length; i++)
    if (values[i] !== 0 && values[i] !== 0n && values[i] !== '') found.push(i);
  return found;
}

/** Coordinate of every offset, axis by axis. */
const coordinates = (dims: Dims, offsets: readonly number[]): number[] =>
  stridesOf(dims).flatMap((stride, axis) => offsets.map((at) => Math.floor(at / stride) % dims[axis]!));
