// Some samples of many, drawn evenly over all of them: data is often sorted by class, where the first samples are all alike.
import { uniformNumbers } from '../ops/shared/random-numbers.js';

/** Samples of a source by their index. */
export interface Wanted {
  readonly has: (index: number) => boolean;
  /** One past the last. */
  readonly end: number;
}

/** Any fixed number: the same samples are drawn always, so that a run can be repeated and gone on with. */
const seed = 1;

/**
 * One sample of each of `most` stretches of equal length; all where there are no more, and without `most`. Where in its stretch
 * is left to chance: steps of one length could meet the same class each time in data that has its classes in turn.
 */
export function wantedOf(count: number, most = count): Wanted {
  if (most >= count) return { has: () => true, end: count };
  const random = uniformNumbers(seed);
  const drawn = Array.from({ length: most }, (_, i) => {
    const start = Math.floor((i * count) / most);
    const end = Math.floor(((i + 1) * count) / most);
    return start + Math.floor(random() * (end - start));
  });
  const indices = new Set(drawn);
  return { has: (index) => indices.has(index), end: drawn.at(-1)! + 1 };
}
