// Densities on [0,1] of places that were seen: a normal distribution around each, cut off at the ends, and one for what was
// never seen; for choices, counts (Bergstra et al. 2011, section 4.2).
import { erf } from '../../../ops/shared/error-function.js';

interface Bump {
  readonly center: number;
  readonly width: number;
  /** What of it lies in [0,1]. */
  readonly mass: number;
}

export class Mixture {
  readonly #bumps: readonly Bump[];
  readonly #shares: readonly number[];

  /** `choices`: how many the parameter has; undefined for a range. */
  constructor(
    places: readonly number[],
    private readonly choices: number | undefined,
  ) {
    this.#bumps = choices === undefined ? bumpsOf(places) : [];
    this.#shares = choices === undefined ? [] : sharesOf(places, choices);
  }

  draw(random: () => number, normal: () => number): number {
    if (this.choices !== undefined) {
      let left = random();
      const chosen = this.#shares.findIndex((share) => {
        left -= share;
        return left < 0;
      });
      return ((chosen < 0 ? this.choices - 1 : chosen) + 0.5) / this.choices;
    }
    const { center, width } = this.#bumps[Math.floor(random() * this.#bumps.length)]!;
    for (;;) {
      const place = center + width * normal();
      if (place >= 0 && place < 1) return place;
    }
  }

  density(place: number): number {
    if (this.choices !== undefined)
      return this.#shares[Math.min(this.choices - 1, Math.floor(place * this.choices))]! * this.choices;
    let sum = 0;
    for (const { center, width, mass } of this.#bumps) {
      const distance = (place - center) / width;
      sum += Math.exp(-0.5 * distance * distance) / (width * mass * Math.sqrt(2 * Math.PI));
    }
    return sum / this.#bumps.length;
  }
}

/** Each as wide as the gap to its farther neighbour, within limits that narrow as more is known; the first is for what was never
 *  seen. */
function bumpsOf(places: readonly number[]): readonly Bump[] {
  const prior = { center: 0.5, width: 1 };
  const sorted = [...places, prior.center].toSorted((a, b) => a - b);
  const least = 1 / Math.min(100, 1 + sorted.length);
  let priorLeft = true;
  return sorted.map((center, i) => {
    if (priorLeft && center === prior.center) {
      priorLeft = false;
      return { ...prior, mass: massOf(prior) };
    }
    const gap = Math.max(center - (sorted[i - 1] ?? 0), (sorted[i + 1] ?? 1) - center);
    const bump = { center, width: Math.min(1, Math.max(least, gap)) };
    return { ...bump, mass: massOf(bump) };
  });
}

/** One more than was seen of each, so that none is ruled out. */
function sharesOf(places: readonly number[], choices: number): readonly number[] {
  const counts = new Array<number>(choices).fill(1);
  for (const place of places) counts[Math.min(choices - 1, Math.floor(place * choices))]!++;
  return counts.map((count) => count / (places.length + choices));
}

const massOf = ({ center, width }: Omit<Bump, 'mass'>): number =>
  normalShare((1 - center) / width) - normalShare(-center / width);

const normalShare = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;
