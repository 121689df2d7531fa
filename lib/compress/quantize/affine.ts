// From ranges to scales and zero points, and quantisation of constants.
import type { Range } from '../../calibrate/observer.js';
import type { QuantParams } from '../../ops/op.js';
import { quantizeNumber } from '../../passes/byte-table.js';
import { dtypes } from '../../tensor/dtype.js';
import { stridesOf } from '../../tensor/shape.js';
import { f32, fromNumbers, type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';

export interface ActivationScheme {
  readonly type: 'uint8' | 'int8';
  readonly symmetric: boolean;
}

/**
 * Scale and zero point that cover a range; zero is always exactly representable.
 * Source: Jacob et al. 2018, arXiv:1712.05877, equation 1.
 */
export function activationParams(range: Range, { type, symmetric }: ActivationScheme): QuantParams {
  const low = Math.min(range.min, 0);
  const high = Math.max(range.max, 0);
  const { min, max } = dtypes[type];
  const middle = (min + max + 1) / 2;
  const steps = symmetric ? max - middle : max - min;
  const span = symmetric ? Math.max(-low, high) : high - low;
  // Only zeros were seen: any scale is right.
  const scale = Math.fround(span / steps) || 1;
  const zero = symmetric ? middle : Math.max(min, Math.min(max, Math.round(min - low / scale)));
  return { scale: f32([], [scale]), zeroPoint: fromNumbers(type, [], [zero]), axis: 1 };
}

export interface QuantizedConstant {
  readonly value: TensorValue;
  readonly params: QuantParams;
  /** 10 log10 of signal over quantisation noise. */
  readonly sqnr: number;
}

export interface WeightScheme {
  readonly bits: number;
  /** Axis of the channels; null for one scale. */
  readonly axis: number | null;
  /** Scale at least this, per channel: keeps int32 biases in range. */
  readonly minScale: (channel: number) => number;
}

/** Symmetric quantisation of weights to [-(2^(bits-1) - 1), 2^(bits-1) - 1], stored as int8. */
export function quantizeWeights(
  weight: TensorValue,
  { bits, axis, minScale }: WeightScheme,
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
  const scales = Float32Array.from(reach, (r, c) => Math.max(r / limit, minScale(c)) || 1);
  const stored = Int8Array.from(values, (v, i) =>
    Math.max(-limit, Math.min(limit, roundHalfEven(v / scales[channelOf(i)]))),
  );
  let [signal, noise] = [0, 0];
  values.forEach((v, i) => {
    signal += v * v;
    noise += (v - stored[i] * scales[channelOf(i)]) ** 2;
  });
  const dims = axis === null ? [] : [channels];
  return {
    value: tensor('int8', weight.dims, stored),
    params: {
      scale: f32(dims, scales),
      zeroPoint: tensor('int8', dims, new Int8Array(channels)),
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
  const stored = Float64Array.from(values, (v) => quantizeNumber(v, params));
  return { value: fromNumbers(scheme.type, value.dims, stored), params, sqnr: Number.POSITIVE_INFINITY };
}

/** int32 bias in units of xScale * wScale[c]. */
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

function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}
