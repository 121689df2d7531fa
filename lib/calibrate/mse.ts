// MSE: the range with the least expected squared error of quantisation.
import { binsPerSide, Histogram } from './histogram.js';
import type { Calibrator, QuantiserShape, Range } from './observer.js';

/** Candidates tried for each bound: this many equal parts of the largest value on its side. */
const parts = 128;

export const mse: Calibrator = {
  name: 'mse',
  summary: 'the range with the least mean squared error of rounding and clipping',
  source:
    'Sung et al. 2015, arXiv:1511.06488; here both bounds are searched apart, rounding counted as step^2 / 12, zeros as exact',
  create: (shape) => {
    const histogram = new Histogram();
    return { see: (values) => histogram.add(values), range: () => mseRange(histogram, shape) };
  },
};

export function mseRange(histogram: Histogram, { levels, symmetric }: QuantiserShape): Range {
  if (histogram.limit === 0) return { min: 0, max: 0 };
  const low = Math.max(0, -histogram.min);
  const high = Math.max(0, histogram.max);
  const below = clippingOf(histogram.negative, histogram.binWidth);
  const above = clippingOf(histogram.positive, histogram.binWidth);
  const nonZero = histogram.count - histogram.zeros;

  let best: Range = { min: -low, max: high };
  let bestError = Number.POSITIVE_INFINITY;
  const consider = (min: number, max: number): void => {
    const step = (max - min) / (levels - 1);
    const error = below(-min) + above(max) + (nonZero * step * step) / 12;
    if (error < bestError) {
      bestError = error;
      best = { min, max };
    }
  };
  // From the widest range down, so that a tie keeps the wider one.
  if (symmetric) {
    const reach = Math.max(low, high);
    for (let i = parts; i > 0; i--) consider(-(reach * i) / parts, (reach * i) / parts);
  } else
    for (let i = parts; i >= (low > 0 ? 1 : parts); i--)
      for (let j = parts; j >= (high > 0 ? 1 : parts); j--) consider(-(low * i) / parts, (high * j) / parts);
  return best;
}

/** Function of a bound t: sum over the bins of one side beyond t of count * (x - t)^2, x the centre of the bin. */
export function clippingOf(bins: Float64Array, binWidth: number): (bound: number) => number {
  // Suffix sums of count, count * x and count * x^2 make each query constant time.
  const n = new Float64Array(binsPerSide + 1);
  const nx = new Float64Array(binsPerSide + 1);
  const nxx = new Float64Array(binsPerSide + 1);
  for (let i = binsPerSide - 1; i >= 0; i--) {
    const x = (i + 0.5) * binWidth;
    n[i] = n[i + 1]! + bins[i]!;
    nx[i] = nx[i + 1]! + bins[i]! * x;
    nxx[i] = nxx[i + 1]! + bins[i]! * x * x;
  }
  return (bound) => {
    const first = Math.min(binsPerSide, Math.max(0, Math.ceil(bound / binWidth - 0.5)));
    return Math.max(0, nxx[first]! - 2 * bound * nx[first]! + bound * bound * n[first]!);
  };
}
