// What becomes of the integer sums of one-bit products: bits by a threshold per channel, float32 by a scale and bias per
// channel and RPReLU (Liu et al. 2020, arXiv:2003.03488, section 4.3), or that rounded to 8 bits. Inputs of the operators
// follow x and w: threshold (int32), or scale, bias, slope, shift (float32), and for 8 bits y_zero.
import { type DType, dtypes } from '../../tensor/dtype.js';
import type { Dims } from '../../tensor/shape.js';
import { f32, fromNumbers, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type Buffer,
  type InferContext,
  inputType,
  inputValue,
  type LowerContext,
  type ReferenceContext,
  type TensorType,
} from '../op.js';
import { storageBias } from '../storage.js';
import { derivedConstant } from './derived-constant.js';
import { byteTypes, checkType, illegalShape } from './illegal.js';
import { checkPerChannel, ofChannel, packBits, packedDims } from './one-bit.js';
import { saturate } from './quantized.js';
import { roundHalfEven } from './rounding.js';

export interface OneBitOutput {
  /** Inputs behind x and w. */
  readonly inputs: number;
  /** Type of an output with logical dims [N,O,spatial...]. */
  readonly infer: (ctx: InferContext, dims: Dims) => TensorType;
  /** The output of sums [N,O,spatial...]. */
  readonly finish: (ctx: ReferenceContext, sums: Int32Array, dims: Dims) => TensorValue;
  /** Inputs 2 and on of the step conv_b1; undefined when one is not known at plan time. */
  readonly constants: (ctx: LowerContext, channels: number) => readonly (Buffer | null)[] | undefined;
  /** Zero point of the stored bytes. */
  readonly storedZero: (ctx: LowerContext) => number;
}

const THRESHOLD = 2;
const AFFINE = [2, 3, 4, 5] as const;
const Y_ZERO = 6;

const channelOf = (dims: Dims): ((i: number) => number) => {
  const area = dims.slice(2).reduce((a, b) => a * b, 1);
  return (i) => Math.floor(i / area) % dims[1];
};

export const toBits: OneBitOutput = {
  inputs: 1,
  infer: (ctx, dims) => {
    const threshold = inputType(ctx, THRESHOLD);
    checkType(threshold.dtype, ['int32'], 'a threshold', ctx.where);
    if (threshold.dims.join() !== String(dims[1]))
      illegalShape(`a threshold of shape [${dims[1]}]`, ctx.where, threshold.dims);
    return { dtype: 'uint8', dims: packedDims(dims) };
  },
  finish: (ctx, sums, dims) => {
    const threshold = inputValue(ctx, THRESHOLD).data as Int32Array;
    const channel = channelOf(dims);
    return packBits(dims, (i) => sums[i] >= threshold[channel(i)]);
  },
  constants: (ctx) => {
    const threshold = ctx.value(THRESHOLD);
    return threshold && [ctx.constant(threshold)];
  },
  storedZero: () => 0,
};

function checkAffine(ctx: InferContext, channels: number): void {
  const names = ['a scale', 'a bias', 'a slope', 'a shift'];
  for (const [k, i] of AFFINE.entries()) checkPerChannel(ctx, i, channels, names[k]);
}

/** float32 values of the sums, each operation rounded. */
function affine(ctx: ReferenceContext, sums: Int32Array, dims: Dims): Float32Array {
  const [scale, bias, slope, shift] = AFFINE.map((i) => toNumbers(inputValue(ctx, i)));
  const channel = channelOf(dims);
  const f = Math.fround;
  return Float32Array.from(sums, (sum, i) => {
    const c = channel(i);
    const t = f(f(f(sum) * ofChannel(scale, c)) + ofChannel(bias, c));
    return f((t < 0 ? f(t * ofChannel(slope, c)) : t) + ofChannel(shift, c));
  });
}

/** [null, scale, bias, slope, shift] of conv_b1; slope and shift null where they change nothing. */
function affineConstants(ctx: LowerContext, channels: number): readonly (Buffer | null)[] | undefined {
  const values = AFFINE.map((i) => ctx.value(i));
  const known = values.filter((value) => value !== undefined);
  if (known.length < AFFINE.length || known.some((v) => !toNumbers(v).every(Number.isFinite)))
    return undefined;
  const perChannel = known.map((value) =>
    ctx.constant(
      derivedConstant(value, `per channel ${channels}`, () =>
        f32(
          [channels],
          Float32Array.from({ length: channels }, (_, c) => ofChannel(toNumbers(value), c)),
        ),
      ),
    ),
  );
  const [, , slope, shift] = known.map(toNumbers);
  const leaky = slope.some((v) => v !== 1) || shift.some((v) => v !== 0);
  return [null, ...perChannel.slice(0, 2), ...(leaky ? perChannel.slice(2) : [])];
}

export const toFloat32: OneBitOutput = {
  inputs: AFFINE.length,
  infer: (ctx, dims) => {
    checkAffine(ctx, dims[1]);
    return { dtype: 'float32', dims };
  },
  finish: (ctx, sums, dims) => f32(dims, affine(ctx, sums, dims)),
  constants: affineConstants,
  storedZero: () => 0,
};

const zeroType = (ctx: InferContext): DType => {
  const { dtype, dims } = inputType(ctx, Y_ZERO);
  checkType(dtype, byteTypes, 'a zero point', ctx.where);
  if (dims.length > 1 || (dims[0] ?? 1) !== 1) illegalShape('one zero point', ctx.where, dims);
  return dtype;
};

export const toByte: OneBitOutput = {
  inputs: AFFINE.length + 1,
  infer: (ctx, dims) => {
    checkAffine(ctx, dims[1]);
    return { dtype: zeroType(ctx), dims };
  },
  finish: (ctx, sums, dims) => {
    const zero = inputValue(ctx, Y_ZERO);
    const [offset] = toNumbers(zero);
    const values = Array.from(affine(ctx, sums, dims), (t) =>
      saturate(roundHalfEven(t) + offset, zero.dtype),
    );
    return fromNumbers(zero.dtype, dims, values);
  },
  constants: (ctx, channels) =>
    ctx.value(Y_ZERO) === undefined ? undefined : affineConstants(ctx, channels),
  storedZero: (ctx) => {
    const zero = ctx.value(Y_ZERO)!;
    return toNumbers(zero)[0] + storageBias(zero.dtype);
  },
};

/** Bounds of conv_b1: the whole byte of any 8-bit type as it is stored. */
export const byteBounds = { lo: dtypes.uint8.min, hi: dtypes.uint8.max } as const;
