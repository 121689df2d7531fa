// Percentile: the range that leaves a small share of all values outside at either end.
import { binsPerSide, Histogram } from './histogram.js';
import type { Calibrator, Range } from './observer.js';

/** Percent of the values at or below the upper bound (and at or above the lower one). */
const percent = 99.99;

export const percentile: Calibrator = {
  name: 'percentile',
  summary: `cuts off the outermost ${(100 - percent).toFixed(2)} % of the values at either end`,
  source: 'Wu et al. 2020, arXiv:2004.09602, section 3.3; here on both ends, from a streaming histogram',
  create: () => {
    const histogram = new Histogram();
    return { see: (values) => histogram.add(values), range: () => percentileRange(histogram, percent) };
  },
};

/** Bounds outside which (100 - percent) % of the values lie, at each end apart; linear within a bin. */
function percentileRange(histogram: Histogram, percentInside: number): Range {
  if (histogram.count === 0) return { min: 0, max: 0 };
  const outside = histogram.count * (1 - percentInside / 100);
  return {
    min: Math.max(histogram.min, -edge(histogram.negative, outside, histogram.binWidth)),
    max: Math.min(histogram.max, edge(histogram.positive, outside, histogram.binWidth)),
  };
}

/** The magnitude beyond which `outside` values of one side lie; 0 when the side has fewer. */
function edge(bins: Float64Array, outside: number, binWidth: number): number {
  let beyond = 0;
  for (let i = binsPerSide - 1; i >= 0; i--) {
    const count = bins[i]!;
    if (beyond + count > outside) return (i + 1 - (outside - beyond) / count) * binWidth;
    beyond += count;
  }
  return 0;
}
