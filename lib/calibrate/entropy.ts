// Entropy: the range whose quantised distribution diverges least from the distribution seen.
import { binsPerSide, Histogram } from './histogram.js';
import type { Calibrator, QuantiserShape, Range } from './observer.js';

/** Bounds are tried every so many bins. */
const stride = 8;

/** Share of a bin that the quantised distribution does not reach; the usual smoothing keeps the logarithm finite. */
const nothing = 1e-12;

export const entropy: Calibrator = {
  name: 'entropy',
  summary: 'the range with the least Kullback-Leibler divergence between values and quantised values',
  source:
    'Migacz 2017, "8-bit Inference with TensorRT"; here one bound on the magnitude clips both sides, zeros are left out because they are exact, and what is clipped counts as lost instead of as moved to the bound',
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

/** KL(P || Q): P all counts where they are; Q the counts inside [-below, above] bins merged into `levels` groups and spread
 *  evenly over the bins of each group that hold values, with next to nothing in the bins beyond. */
function divergenceOf(histogram: Histogram, below: number, above: number, levels: number): number {
  const inside = new Float64Array(below + above);
  for (let i = 0; i < below; i++) inside[below - 1 - i] = histogram.negative[i]!;
  for (let i = 0; i < above; i++) inside[below + i] = histogram.positive[i]!;
  const total = sum(histogram.negative) + sum(histogram.positive);
  const insideTotal = Math.max(1, sum(inside));
  const groups = Math.min(levels, inside.length);
  let divergence = 0;
  for (let group = 0; group < groups; group++) {
    const from = Math.floor((group * inside.length) / groups);
    const to = Math.floor(((group + 1) * inside.length) / groups);
    let held = 0;
    let holders = 0;
    for (let i = from; i < to; i++) {
      held += inside[i]!;
      if (inside[i]! > 0) holders++;
    }
    const share = held / holders / insideTotal;
    for (let i = from; i < to; i++) divergence += term(inside[i]! / total, share);
  }
  for (const [bins, bound] of [
    [histogram.negative, below],
    [histogram.positive, above],
  ] as const)
    for (let i = bound; i < binsPerSide; i++) divergence += term(bins[i]! / total, nothing);
  return divergence;
}

const term = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / q));

function sum(values: Float64Array): number {
  let total = 0;
  for (const v of values) total += v;
  return total;
}
