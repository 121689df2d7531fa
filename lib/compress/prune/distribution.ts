// The contract of a way to share zeros among layers: one file in distributions/, one line in distributions/index.ts.
import { leastOf } from '../../ops/prune.js';
import type { Dims } from '../../tensor/shape.js';

/** The weights of one layer. */
export interface LayerWeights {
  readonly dims: Dims;
  readonly values: Float32Array;
}

export interface Distribution {
  readonly name: string;
  readonly summary: string;
  /** Paper and equation, and what differs here. */
  readonly source: string;
  /** Zeros of each layer; together `zeros`, which is less than all weights. */
  zerosOf(layers: readonly LayerWeights[], zeros: number): readonly number[];
}

/** Whole numbers next to `wanted` that add up to `total`: what is missing goes where most was cut off. Each stays at most
 *  `limits`. */
export function wholeShares(
  wanted: readonly number[],
  limits: readonly number[],
  total: number,
): readonly number[] {
  const shares = wanted.map((share, i) => Math.min(limits[i]!, Math.floor(share)));
  let missing = total - shares.reduce((sum, share) => sum + share, 0);
  const order = [...shares.keys()].sort(
    (a, b) => wanted[b]! - shares[b]! - (wanted[a]! - shares[a]!) || a - b,
  );
  // Rounding leaves at most one a layer; what a layer at its limit cannot take goes to the others.
  for (const most of [1, total])
    for (const i of order) {
      const more = Math.min(missing, limits[i]! - shares[i]!, most);
      shares[i]! += more;
      missing -= more;
    }
  return shares;
}

/** How many of each layer are among the `zeros` lowest scores of all, the first of equal ones first. */
export function lowestOf(scores: readonly Float64Array[], zeros: number): readonly number[] {
  const all = new Float64Array(scores.reduce((sum, own) => sum + own.length, 0));
  let at = 0;
  for (const own of scores) {
    all.set(own, at);
    at += own.length;
  }
  const { below, equal } = leastOf(all, zeros);
  let ties = equal;
  return scores.map((own) => {
    let count = 0;
    for (const score of own) if (score < below || (score === below && ties-- > 0)) count++;
    return count;
  });
}
