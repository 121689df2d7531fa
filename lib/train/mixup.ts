// Mixup (Zhang et al. 2018, arXiv:1710.09412, equations 1 and 2): every sample of a batch is mixed with another one of it, and so are
// their targets. As in the authors' code one share is drawn a batch; the larger part is always the sample's own, which changes
// nothing on the whole, because partners are drawn evenly, and keeps the label the likeliest class.
import { normalNumbers } from '../ops/shared/random-numbers.js';

/** A share of (0,1] from Beta(alpha, alpha): two gamma numbers, one over both. */
export function betaNumber(alpha: number, random: () => number): number {
  const normal = normalNumbers(random);
  const [a, b] = [gammaNumber(alpha, random, normal), gammaNumber(alpha, random, normal)];
  // Both may be too small for a float64 when alpha is near 0: then nearly all of it is one of the two.
  return a + b > 0 ? a / (a + b) : 1;
}

/** Marsaglia & Tsang 2000, ACM TOMS 26(3): for shapes below 1 the number of one more, times a power of a uniform one. */
function gammaNumber(shape: number, random: () => number, normal: () => number): number {
  if (shape < 1) return gammaNumber(shape + 1, random, normal) * random() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Who is mixed with whom and how much, for one batch. */
export interface Mix {
  readonly own: number;
  readonly partners: readonly number[];
}

export function mixOf(alpha: number, size: number, random: () => number): Mix {
  const share = betaNumber(alpha, random);
  const partners = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const at = Math.floor(random() * (i + 1));
    [partners[i], partners[at]] = [partners[at]!, partners[i]!];
  }
  return { own: Math.max(share, 1 - share), partners };
}

/** Mixes the rows of a batch in place. */
export function mixRows(rows: readonly Float32Array[], { own, partners }: Mix): void {
  const before = rows.map((row) => row.slice());
  rows.forEach((row, at) => {
    const other = before[partners[at]!]!;
    for (let i = 0; i < row.length; i++) row[i] = own * row[i]! + (1 - own) * other[i]!;
  });
}
