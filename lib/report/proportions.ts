// How sure a share of right answers is: intervals of one share, and whether two models that saw the same samples differ.

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Standard normal quantile of a two-sided interval of 95 %. */
const z95 = 1.959963984540054;

/** Interval in which a share lies of which `successes` of `samples` were seen, 95 % unless told otherwise: it never leaves
 *  [0, 1] and holds for few samples and for shares near 0 and 1 (Wilson 1927, equation 4, without the continuity correction). */
export function wilsonInterval(successes: number, samples: number, z: number = z95): Interval {
  if (samples === 0) return { low: 0, high: 1 };
  const share = successes / samples;
  const square = z * z;
  const middle = (share + square / (2 * samples)) / (1 + square / samples);
  const half =
    (z * Math.sqrt((share * (1 - share)) / samples + square / (4 * samples * samples))) /
    (1 + square / samples);
  // Rounding shall not push an end past the share itself.
  return {
    low: Math.min(share, Math.max(0, middle - half)),
    high: Math.max(share, Math.min(1, middle + half)),
  };
}

/** Samples on which two models disagree, by which of them is right. */
export interface Disagreement {
  readonly firstOnly: number;
  readonly secondOnly: number;
}

/** Probability that two equally good models differ as unevenly as seen or more on the same samples: two-sided exact test of
 *  McNemar (1947). Below 0.05 the difference is called significant. */
export function mcNemarTest({ firstOnly, secondOnly }: Disagreement): number {
  const count = firstOnly + secondOnly;
  const fewer = Math.min(firstOnly, secondOnly);
  // In logarithms: 2^-count leaves float64 at a thousand.
  let term = -count * Math.LN2;
  let tail = Math.exp(term);
  for (let k = 1; k <= fewer; k++) {
    term += Math.log((count - k + 1) / k);
    tail += Math.exp(term);
  }
  return Math.min(1, 2 * tail);
}
