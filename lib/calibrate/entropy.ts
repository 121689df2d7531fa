// Entropy: the range whose quantised distribution diverges least from the distribution seen.
import { binsPerSide, Histogram } from './histogram.js';
import type { Calibrator, QuantiserShape, Range } from './observer.js';

/** Bounds are tried every so many bins. */
const stride = 8;

export const entropy: Calibrator = {
  name: 'entropy',
  summary: 'the range with the least Kullback-Leibler divergence between values and quantised values',
  source:
    'Migacz 2017, "8-bit Inference with TensorRT"; here one bound on the magnitude clips both sides, zeros are left out because they are exact',
  create: (shape) => {
    const histogram = new Histogram();
    return { see: (values) => histogram.add(values), range: () => entropyRange(histogram, shape) };
  },
};

export function entropyRange(histogram: Histogram, shape: QuantiserShape): Range {
  if (histogram.limit === 0) return { min: 0, max: 0 };
  const { binWidth } = histogram;
  const binsBelow = occupied(histogram.negative);
  const binsAbove = occupied(histogram.positive);
  const widest = Math.max(binsBelow, binsAbove);

  let best = { min: histogram.min, max: histogram.max };
  let bestDivergence = Number.POSITIVE_INFINITY;
  // With fewer bins than levels every bin has a level of its own and clipping could only lose.
  for (let bound = Math.min(shape.levels, widest); ; bound = Math.min(bound + stride, widest)) {
    const below = shape.symmetric ? bound : Math.min(bound, binsBelow);
    const above = shape.symmetric ? bound : Math.min(bound, binsAbove);
    const divergence = divergenceOf(histogram, below, above, shape.levels);
    if (divergence <= bestDivergence) {
      bestDivergence = divergence;
      best = {
        min: Math.max(histogram.min, -below * binWidth),
        max: Math.min(histogram.max, above * binWidth),
      };
    }
    if (bound === widest) return best;
  }
}

/** Bins up to and including the last that holds a value. */
function occupied(bins: Float64Array): number {
  let n = binsPerSide;
  while (n > 0 && bins[n - 1] === 0) n--;
  return n;
}

/** KL(P || Q): P the counts inside [-below, above] bins with the outliers added to the outermost bins, Q the counts
 *  inside merged into `levels` groups and spread evenly over the bins of each group that hold values. */
function divergenceOf(histogram: Histogram, below: number, above: number, levels: number): number {
  const inside = new Float64Array(below + above);
  for (let i = 0; i < below; i++) inside[below - 1 - i] = histogram.negative[i]!;
  for (let i = 0; i < above; i++) inside[below + i] = histogram.positive[i]!;
  const p = inside.slice();
  if (below > 0) p[0]! += sum(histogram.negative.subarray(below));
  if (above > 0) p[p.length - 1]! += sum(histogram.positive.subarray(above));

  const q = new Float64Array(p.length);
  const groups = Math.min(levels, p.length);
  for (let group = 0; group < groups; group++) {
    const from = Math.floor((group * p.length) / groups);
    const to = Math.floor(((group + 1) * p.length) / groups);
    let total = 0;
    let holders = 0;
    for (let i = from; i < to; i++) {
      total += inside[i]!;
      if (p[i]! > 0) holders++;
    }
    for (let i = from; i < to; i++) if (p[i]! > 0) q[i] = total / holders;
  }
  const pTotal = sum(p);
  const qTotal = sum(q);
  let divergence = 0;
  for (let i = 0; i < p.length; i++) {
    if (p[i] === 0) continue;
    // A bin that only outliers fill has no share in q: the usual smoothing keeps the logarithm finite.
    const share = Math.max(q[i]! / Math.max(qTotal, 1), 1e-12);
    divergence += (p[i]! / pTotal) * Math.log(p[i]! / pTotal / share);
  }
  return divergence;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const v of values) total += v;
  return total;
}
