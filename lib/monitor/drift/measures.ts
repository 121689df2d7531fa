// How far a window of samples is from the baseline, and from where on that is drift. Each threshold is the greater of two: what is
// called a change worth acting on, and what chance alone exceeds once in 100 000 windows of so few samples. The number of samples
// is that of runs, not of elements: the pixels of one picture are no independent draws, and to count them as one errs towards silence.
import type { Distribution } from './bins.js';

export interface Judgement {
  readonly amount: number;
  /** Drift from here on. */
  readonly threshold: number;
}

/** Samples on either side. */
export interface Sizes {
  readonly window: number;
  readonly baseline: number;
}

/** Standard normal quantile of 1 - 1e-5. */
const z = 4.264890793922825;
/** -ln(1e-5 / 2) / 2, of the Kolmogorov-Smirnov test. */
const kolmogorov = 6.1030363;

/** From a population stability index of 0.25 on a population has changed (Siddiqi 2006). */
const psiAction = 0.25;
const ksAction = 0.1;
const classAction = 0.05;
/** Share of elements out of range beyond twice that of the baseline. */
const outsideAction = 0.01;

/** Population stability index: the symmetric Kullback-Leibler divergence of binned shares. By chance it is a chi-square variable
 *  with one degree less than bins, divided by the samples (Yurdakul 2018). An empty bin counts as half a sample: what
 *  has never been seen before is no infinite change. */
export function populationStability(
  { shares }: Distribution,
  counts: ArrayLike<number>,
  sizes: Sizes,
): Judgement {
  const total = sum(counts);
  const least = 1 / (2 * Math.min(sizes.window, sizes.baseline));
  let amount = 0;
  for (let i = 0; i < shares.length; i++) {
    const was = Math.max(least, shares[i]!);
    const is = Math.max(least, counts[i]! / total);
    amount += (is - was) * Math.log(is / was);
  }
  const chance = chiSquareQuantile(shares.length - 1) * (1 / sizes.window + 1 / sizes.baseline);
  return { amount, threshold: Math.max(psiAction, chance) };
}

/** Kolmogorov-Smirnov distance: the greatest difference of the cumulative shares, here at the edges of the bins only, which is
 *  never more than the distance itself. */
export function kolmogorovSmirnov(
  { shares }: Distribution,
  counts: ArrayLike<number>,
  sizes: Sizes,
): Judgement {
  const total = sum(counts);
  let [amount, was, is] = [0, 0, 0];
  for (let i = 0; i < shares.length; i++) {
    was += shares[i]!;
    is += counts[i]! / total;
    amount = Math.max(amount, Math.abs(is - was));
  }
  const chance = Math.sqrt(kolmogorov * (1 / sizes.window + 1 / sizes.baseline));
  return { amount, threshold: Math.max(ksAction, chance) };
}

/** Change of class shares: total variation, the share of samples that went to another class. By chance it is within what a
 *  chi-square test of homogeneity allows; classes too rare for that test (under five expected) count as one. */
export function classChange(shares: readonly number[], counts: ArrayLike<number>, sizes: Sizes): Judgement {
  const total = sum(counts);
  const rare = { was: 0, is: 0 };
  const groups: { readonly was: number; readonly is: number }[] = [];
  let amount = 0;
  shares.forEach((was, i) => {
    const is = counts[i]! / total;
    amount += Math.abs(is - was) / 2;
    if (was * total >= 5) groups.push({ was, is });
    else {
      rare.was += was;
      rare.is += is;
    }
  });
  if (rare.was > 0 || rare.is > 0) groups.push(rare);
  let statistic = 0;
  for (const { was, is } of groups) {
    const pooled = (was * sizes.baseline + is * sizes.window) / (sizes.baseline + sizes.window);
    if (pooled > 0) statistic += (is - was) ** 2 / pooled;
  }
  statistic /= 1 / sizes.window + 1 / sizes.baseline;
  const chance =
    statistic === 0
      ? classAction
      : amount * Math.sqrt(chiSquareQuantile(Math.max(1, groups.length - 1)) / statistic);
  return { amount, threshold: Math.max(classAction, chance) };
}

/** Share of elements that a quantised input cuts off. */
export const rangeExcess = (share: number, baseline: number): Judgement => ({
  amount: share,
  threshold: 2 * baseline + outsideAction,
});

/** Less than one element of any window. */
const oneElement = 1e-9;

/** Share of elements that are NaN or infinite: any, where the baseline has none. */
export const notFiniteExcess = (share: number, baseline: number): Judgement => ({
  amount: share,
  threshold: 2 * baseline + oneElement,
});

/** What a chi-square variable exceeds once in 100 000 times (Wilson and Hilferty 1931). */
function chiSquareQuantile(degrees: number): number {
  const part = 2 / (9 * degrees);
  return degrees * (1 - part + z * Math.sqrt(part)) ** 3;
}

const sum = (counts: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  return total;
};
