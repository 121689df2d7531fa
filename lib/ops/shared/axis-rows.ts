// Operators that work on rows along one axis: softmaxes and their integer form.
import { type Dims, normalizeAxis } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  type LowerContext,
  type ReferenceContext,
  type TensorType,
} from '../op.js';
import { type ChannelRule, sameChannels } from './channels.js';
import { checkType, floatTypes } from './illegal.js';
import { physicalAxis, splitDims } from './physical-axis.js';

const axisOf = (ctx: Pick<InferContext, 'node' | 'where'>, dims: Dims): number =>
  normalizeAxis(intAttr(ctx.node, 'axis', -1), dims.length, ctx.where);

/** Rows are apart from each other; an element of a row depends on all of it. */
export const rowChannels: ChannelRule = sameChannels((ctx) => {
  const { dims } = inputType(ctx, 0);
  const row = axisOf(ctx, dims);
  return dims.flatMap((_, axis) => (axis === row ? [] : [axis]));
});

/** Output as input; checks type and axis. */
export function inferRows(ctx: InferContext): readonly TensorType[] {
  const type = inputType(ctx, 0);
  checkType(type.dtype, floatTypes, 'an input', ctx.where);
  axisOf(ctx, type.dims);
  return [type];
}

/** Replaces every row along an axis by f(row). `dims` is [outer, n, inner]. */
export function mapRows(
  values: Float64Array,
  [outer, n, inner]: readonly [number, number, number],
  f: (row: Float64Array) => ArrayLike<number>,
): Float64Array {
  const out = new Float64Array(values.length);
  const row = new Float64Array(n);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      const base = o * n * inner + i;
      for (let j = 0; j < n; j++) row[j] = values[base + j * inner];
      const mapped = f(row);
      for (let j = 0; j < n; j++) out[base + j * inner] = mapped[j];
    }
  return out;
}

export function referenceRows(
  ctx: ReferenceContext,
  f: (row: Float64Array) => ArrayLike<number>,
): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  return [fromNumbers(x.dtype, x.dims, mapRows(toNumbers(x), splitDims(x.dims, axisOf(ctx, x.dims)), f))];
}

const largest = (row: Float64Array): number => row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

/** exp(x - max) / sum. */
export function softmaxRow(row: Float64Array): Float64Array {
  const max = largest(row);
  const powers = row.map((v) => Math.exp(v - max));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((v) => v / sum);
}

/** x - max - log(sum exp(x - max)). */
export function logSoftmaxRow(row: Float64Array): Float64Array {
  const max = largest(row);
  const log = Math.log(row.reduce((sum, v) => sum + Math.exp(v - max), 0));
  return row.map((v) => v - max - log);
}

/** softmax_f32 in the layout that the input has. */
export function lowerSoftmax(ctx: LowerContext, log: number): boolean {
  const { dtype, dims } = inputType(ctx, 0);
  if (dtype !== 'float32') return false;
  const layout = ctx.layoutOf(0);
  const x = ctx.read(0, layout);
  const split = splitDims(x.dims, physicalAxis(x, axisOf(ctx, dims)));
  const y = ctx.reshape(ctx.write(0, layout), split);
  ctx.emit('softmax_f32', [ctx.reshape(x, split)], [y], { dims: split, log });
  return true;
}
