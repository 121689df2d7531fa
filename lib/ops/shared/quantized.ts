// Scales and zero points: reading them from inputs, quantising, dequantising and requantising values exactly as the
// contract says (float32 at each operation, round half to even).
import { type DType, dtypes } from '../../tensor/dtype.js';
import { type TensorValue, toNumbers } from '../../tensor/tensor.js';
import { type InferContext, inputValue, type ReferenceContext } from '../op.js';
import { storageBias } from '../storage.js';
import { byteTypes, checkType, illegalShape, illegalType } from './illegal.js';
import { roundHalfEven } from './rounding.js';

/** Scale, zero point and type of a tensor that is quantised as a whole. */
export interface Scalar8 {
  readonly scale: number;
  readonly zero: number;
  readonly dtype: DType;
}

/** The inputs [scale, zero point] at index i and i + 1, one element each. */
export function scalarParams(ctx: ReferenceContext, i: number, dtype: DType): Scalar8 {
  const zero = ctx.inputs[i + 1];
  return {
    scale: toNumbers(inputValue(ctx, i))[0],
    zero: zero === undefined ? 0 : toNumbers(zero)[0],
    dtype,
  };
}

/** The same at plan time; undefined when not known or not of one element: such a node runs on the host. */
export function knownParams(ctx: InferContext, i: number, dtype: DType): Scalar8 | undefined {
  const scale = ctx.value(i);
  const zero = ctx.value(i + 1);
  if (scale?.data.length !== 1) return undefined;
  if (ctx.inputs[i + 1] !== undefined && zero?.data.length !== 1) return undefined;
  return {
    scale: toNumbers(scale)[0],
    zero: zero === undefined ? 0 : toNumbers(zero)[0],
    dtype,
  };
}

/** The zero point as it is in the engine (ops/storage.ts). */
export const storedZero = (params: Scalar8): number => params.zero + storageBias(params.dtype);

/** Checks that inputs i and i + 1 are a scale and a zero point of one element. */
export function checkScalarParams(ctx: InferContext, i: number, what: string): void {
  const scale = ctx.inputs[i];
  const zero = ctx.inputs[i + 1];
  if (scale === undefined || scale.dtype !== 'float32')
    illegalType(`a float32 scale of ${what}`, ctx.where, scale?.dtype);
  for (const type of [scale, zero])
    if (type !== undefined && (type.dims.length > 1 || (type.dims[0] ?? 1) !== 1))
      illegalShape(`one scale and zero point of ${what}`, ctx.where, type.dims);
}

/** The dtype of input i, which must be an 8-bit integer. */
export function byteType(ctx: InferContext, i: number, what: string): DType {
  const dtype = ctx.inputs[i]?.dtype ?? 'uint8';
  checkType(dtype, byteTypes, what, ctx.where);
  return dtype;
}

/** The dtype of input i, which must be an 8-bit integer; where there is a zero point, input `zero`, it must have it too. */
export function byteInput(ctx: InferContext, i: number, zero: number, what: string): DType {
  const dtype = byteType(ctx, i, what);
  checkType(ctx.inputs[zero]?.dtype ?? dtype, [dtype], `a zero point of ${what}`, ctx.where);
  return dtype;
}

export const saturate = (value: number, dtype: DType): number => {
  const { min, max } = dtypes[dtype];
  return Math.min(max, Math.max(min, value));
};

/** saturate(roundHalfEven(x / scale) + zero); NaN gives zero. */
export function quantizeValue(x: number, { scale, zero, dtype }: Scalar8): number {
  const steps = Math.fround(x / scale);
  return Number.isNaN(steps) ? saturate(zero, dtype) : saturate(roundHalfEven(steps) + zero, dtype);
}

/** roundHalfEven(float(sum) * scale) + zero, both operations in float32. */
export const requantizeValue = (sum: number, scale: number, zero: number): number =>
  roundHalfEven(Math.fround(Math.fround(sum) * scale)) + zero;

/** sx * sw / sy (or sx * sw without sy), rounded to float32 after each operation. */
export function combinedScale(sx: number, sw: number, sy?: number): number {
  const product = Math.fround(sx * sw);
  return sy === undefined ? product : Math.fround(product / sy);
}

/** (x - zero) for every element. */
export function centered(x: TensorValue, zero: number): Float64Array {
  const values = toNumbers(x);
  if (zero !== 0) for (let i = 0; i < values.length; i++) values[i] -= zero;
  return values;
}

/** (x - zero) * scale in float32, for every element. */
export function dequantized(x: TensorValue, { scale, zero }: Scalar8): Float32Array {
  return Float32Array.from(centered(x, zero), (v) => v * scale);
}

/** The one zero point of a tensor quantised as a whole; 0 when absent. */
export const zeroOf = (zero: TensorValue | undefined): number =>
  zero === undefined ? 0 : toNumbers(zero)[0];
