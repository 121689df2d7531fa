// From ranges to scales and zero points, and quantisation of constants.
import type { Range } from '../../calibrate/observer.js';
import type { QuantParams } from '../../ops/op.js';
import { roundHalfEven } from '../../ops/shared/rounding.js';
import { quantizer } from '../../passes/byte-table.js';
import { dtypes } from '../../tensor/dtype.js';
import { type Dims, stridesOf } from '../../tensor/shape.js';
import { f32, fromNumbers, type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import { leastErrorScales } from './weight-scales.js';

export interface ActivationScheme {
  readonly type: 'uint8' | 'int8';
  readonly symmetric: boolean;
  readonly bits: number;
}

export interface ActivationParams extends QuantParams {
  /** The least and the largest integer in use: those of the type, or fewer. */
  readonly least: number;
  readonly most: number;
}

/**
 * Scale and zero point that cover a range; zero is always exactly representable.
 * Source: Jacob et al. 2018, arXiv:1712.05877, equation 1.
 */
export function activationParams(
  range: Range,
  { type, symmetric, bits }: ActivationScheme,
): ActivationParams {
  const low = Math.min(range.min, 0);
  const high = Math.max(range.max, 0);
  const min = type === 'uint8' ? 0 : -(2 ** (bits - 1));
  const max = min + 2 ** bits - 1;
  const middle = (min + max + 1) / 2;
  const steps = symmetric ? max - middle : max - min;
  const span = symmetric ? Math.max(-low, high) : high - low;
  // Only zeros were seen: any scale is right.
  const scale = Math.fround(span / steps) || 1;
  const zero = symmetric ? middle : Math.max(min, Math.min(max, Math.round(min - low / scale)));
  return {
    scale: f32([], [scale]),
    zeroPoint: fromNumbers(type, [], [zero]),
    axis: 1,
    least: min,
    most: max,
  };
}

/** The real numbers between which a Clip keeps what shall become one of the integers in use, so that any runtime computes the
 *  same; undefined when those are all that the type has. */
export function narrowBounds({
  scale,
  zeroPoint,
  least,
  most,
}: ActivationParams): readonly [number, number] | undefined {
  const { min, max } = dtypes[zeroPoint.dtype];
  if (least === min && most === max) return undefined;
  const [step, zero] = [toNumbers(scale)[0]!, toNumbers(zeroPoint)[0]!];
  return [Math.fround((least - zero) * step), Math.fround((most - zero) * step)];
}

/** How many values a quantiser tells apart. */
export const levelsOf = ({ bits, symmetric }: Pick<ActivationScheme, 'bits' | 'symmetric'>): number =>
  2 ** bits - Number(symmetric);

export interface QuantizedConstant {
  readonly value: TensorValue;
  readonly params: QuantParams;
  /** 10 log10 of signal over quantisation noise. */
  readonly sqnr: number;
}

export interface WeightScheme {
  readonly bits: number;
  /** What they are stored in; int4 holds up to 4 bits. */
  readonly type: 'int8' | 'int4';
  /** Axis of the channels; null for one scale. */
  readonly axis: number | null;
  /** Scale at least this, per channel: keeps int32 biases in range. */
  readonly minScale: (channel: number) => number;
}

/** Symmetric quantisation of weights to [-(2^(bits-1) - 1), 2^(bits-1) - 1]. With 8 bits the largest weight
 *  is representable; with fewer, clipping some makes less error than coarse steps do. */
export function quantizeWeights(
  weight: TensorValue,
  { bits, type, axis, minScale }: WeightScheme,
): QuantizedConstant {
  const values = toNumbers(weight);
  const channels = axis === null ? 1 : weight.dims[axis];
  const stride = axis === null ? values.length : stridesOf(weight.dims)[axis];
  const channelOf = (i: number): number => (axis === null ? 0 : Math.floor(i / stride) % channels);
  const limit = 2 ** (bits - 1) - 1;

  const reach = new Float64Array(channels);
  values.forEach((v, i) => {
    const c = channelOf(i);
    reach[c] = Math.max(reach[c], Math.abs(v));
  });
  const best = bits < 8 ? leastErrorScales(values, channelOf, reach, limit) : reach.map((r) => r / limit);
  const scales = Float32Array.from(best, (scale, c) => Math.max(scale, minScale(c)) || 1);
  const stored = Int8Array.from(values, (v, i) =>
    Math.max(-limit, Math.min(limit, roundHalfEven(v / scales[channelOf(i)]))),
  );
  let [signal, noise] = [0, 0];
  values.forEach((v, i) => {
    signal += v * v;
    noise += (v - stored[i] * scales[channelOf(i)]) ** 2;
  });
  return weightConstant(weight.dims, { type, axis }, stored, scales, [signal, noise]);
}

/** Integers of weights with their scales, one a channel or one. `power`: of the weights, and of what rounding changed. */
export function weightConstant(
  weightDims: Dims,
  { type, axis }: Pick<WeightScheme, 'type' | 'axis'>,
  integers: Int8Array,
  scales: Float32Array,
  [signal, noise]: readonly [number, number],
): QuantizedConstant {
  const dims = axis === null ? [] : [scales.length];
  return {
    value: tensor(type, weightDims, integers),
    params: {
      scale: f32(dims, scales),
      zeroPoint: tensor(type, dims, new Int8Array(scales.length)),
      axis: axis ?? 1,
    },
    sqnr: noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise),
  };
}

/** A constant operand of arithmetic, quantised like an activation over its own range. */
export function quantizeOperand(value: TensorValue, scheme: ActivationScheme): QuantizedConstant {
  const values = toNumbers(value);
  const params = activationParams(
    { min: values.reduce((a, b) => Math.min(a, b), 0), max: values.reduce((a, b) => Math.max(a, b), 0) },
    scheme,
  );
  return {
    value: fromNumbers(scheme.type, value.dims, values.map(quantizer(params))),
    params,
    sqnr: Number.POSITIVE_INFINITY,
  };
}

/** A bias as [N], one number a channel; undefined where it differs by row. `channels`: how many, where it has one for all. */
export function channelBias(bias: TensorValue, channels: number): TensorValue | undefined {
  const values = toNumbers(bias);
  if (values.length === 1) return f32([channels], new Float32Array(channels).fill(values[0]));
  return values.length === bias.dims.at(-1) ? f32([values.length], values) : undefined;
}

/** int32 bias [N] in units of xScale * wScale[c]. */
export function quantizeBias(bias: TensorValue, xScale: number, wScales: TensorValue): QuantizedConstant {
  const values = toNumbers(bias);
  const own = toNumbers(wScales);
  const units = Float32Array.from(values, (_, c) => Math.fround(xScale * own[own.length === 1 ? 0 : c]));
  const { min, max } = dtypes.int32;
  const stored = Int32Array.from(values, (v, c) => Math.max(min, Math.min(max, roundHalfEven(v / units[c]))));
  const perTensor = own.length === 1;
  const dims = perTensor ? [] : [values.length];
  return {
    value: tensor('int32', [values.length], stored),
    params: {
      scale: f32(dims, perTensor ? units.subarray(0, 1) : units),
      zeroPoint: fromNumbers('int32', dims, new Int32Array(perTensor ? 1 : values.length)),
      axis: 0,
    },
    sqnr: Number.POSITIVE_INFINITY,
  };
}

/** Smallest weight scale with which a bias fits into int32, with a bit to spare for the sum. */
export const minWeightScale = (bias: number, xScale: number): number => Math.abs(bias) / xScale / 2 ** 30;
