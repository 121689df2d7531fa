// Normalisations that bring rows of elements to mean 0 and variance 1: Layer-, Instance- and GroupNormalization.
import { type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import type { LowerContext } from '../op.js';

export interface Moments {
  readonly mean: number;
  /** 1 / sqrt(variance + epsilon). */
  readonly inverse: number;
}

export function momentsOf(row: Float64Array, epsilon: number): Moments {
  const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
  const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length;
  return { mean, inverse: 1 / Math.sqrt(variance + epsilon) };
}

/** Every row of n elements as (x - mean) * inverse. */
export function normalizedRows(
  x: TensorValue,
  n: number,
  epsilon: number,
): { y: Float64Array; moments: Moments[] } {
  const y = toNumbers(x);
  const moments: Moments[] = [];
  for (let start = 0; start < y.length; start += n) {
    const row = y.subarray(start, start + n);
    const m = momentsOf(row, epsilon);
    moments.push(m);
    for (let i = 0; i < n; i++) row[i] = (row[i] - m.mean) * m.inverse;
  }
  return { y, moments };
}

/** One value per channel from one per channel or one per group of channels. */
export const spread = (values: ArrayLike<number>, channels: number): Float64Array =>
  Float64Array.from({ length: channels }, (_, c) => values[Math.floor((c * values.length) / channels)]);

/**
 * Rows of n elements normalised, then scaled and shifted per channel of a plain [N,C,spatial...]; scale (input 1)
 * and shift (input 2) must be constant.
 */
export function lowerChannelNorm(ctx: LowerContext, n: number, epsilon: number): boolean {
  const { dtype, dims } = ctx.outputs[0];
  const scale = ctx.value(1);
  const shift = ctx.value(2);
  if (dtype !== 'float32' || scale === undefined || shift === undefined) return false;
  const size = dims.reduce((a, b) => a * b, 1);
  const [batch, channels] = dims;
  const area = size / (batch * channels);
  const rows = [size / n, n];
  const image = [batch, channels, area];
  const factors = tensor('float32', [channels, 1], Float32Array.from(spread(toNumbers(scale), channels)));
  const addends = tensor('float32', [channels, 1], Float32Array.from(spread(toNumbers(shift), channels)));
  const normalized = ctx.temporary('float32', rows);
  const scaled = ctx.temporary('float32', image);
  const none = { activation: 'none', alpha: 0, beta: 0 } as const;
  ctx.emit('layer_norm_f32', [ctx.reshape(ctx.read(0, 'plain'), rows), null, null], [normalized], {
    epsilon,
  });
  ctx.emit('binary_f32', [ctx.reshape(normalized, image), ctx.constant(factors)], [scaled], {
    op: 'mul',
    ...none,
  });
  const y = ctx.reshape(ctx.write(0, 'plain'), image);
  ctx.emit('binary_f32', [scaled, ctx.constant(addends)], [y], { op: 'add', ...none });
  return true;
}
