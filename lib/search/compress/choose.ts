// Which candidate is best: among those that keep the budget by the objective, else the one nearest to it.
import type { Measures } from './measures.js';
import type { Candidate } from './trial.js';

export type Objective = 'latency' | 'bytes' | 'accuracy';

/** What is better the larger it is. */
const worth: Readonly<Record<Objective, (measures: Measures) => number>> = {
  latency: ({ latency }) => latency.speedUp,
  bytes: ({ bytes }) => 1 / bytes.file,
  accuracy: ({ accuracy }) => accuracy.share,
};

/** Differences up to this share are taken for none: another measurement may turn them round. Accuracy and bytes are exact. */
const tolerance: Readonly<Record<Objective, number>> = { latency: 0.03, bytes: 0, accuracy: 0 };

/** What decides between equals, in turn. */
const order: Readonly<Record<Objective, readonly Objective[]>> = {
  latency: ['latency', 'accuracy', 'bytes'],
  bytes: ['bytes', 'accuracy', 'latency'],
  accuracy: ['accuracy', 'latency', 'bytes'],
};

/** The best of some candidates; the earliest of equals. undefined for none. */
export function bestOf(candidates: readonly Candidate[], objective: Objective): Candidate | undefined {
  let left = candidates;
  for (const by of order[objective]) {
    const most = Math.max(...left.map(({ measures }) => worth[by](measures)));
    left = left.filter(({ measures }) => worth[by](measures) >= most * (1 - tolerance[by]));
  }
  return left[0];
}

/** Largest share by which a candidate is over a line of the budget. */
export const excessOf = ({ breaches }: Candidate): number =>
  Math.max(0, ...breaches.map(({ excess }) => excess));

/** The candidate that is least over the line that it is most over. undefined for none. */
export const nearestOf = (candidates: readonly Candidate[]): Candidate | undefined =>
  candidates.reduce<Candidate | undefined>(
    (best, one) => (best === undefined || excessOf(one) < excessOf(best) ? one : best),
    undefined,
  );

/** Those that no other is better than in accuracy, speed and size together, in the order of their speed. */
export function paretoFront(candidates: readonly Candidate[]): readonly Candidate[] {
  const values = ({ measures }: Candidate): readonly number[] => [
    worth.accuracy(measures),
    worth.latency(measures),
    worth.bytes(measures),
  ];
  const beats = (a: Candidate, b: Candidate): boolean => {
    const [x, y] = [values(a), values(b)];
    return x.every((v, i) => v >= y[i]!) && (x.some((v, i) => v > y[i]!) || a.number < b.number);
  };
  return candidates
    .filter((one) => !candidates.some((other) => other !== one && beats(other, one)))
    .sort((a, b) => worth.latency(a.measures) - worth.latency(b.measures));
}
