// The contract of what proposes trials: one published way, one file, one line in index.ts.
import type { Space, Values } from '../space.js';

/** What is known of a trial. */
export interface Observation {
  readonly values: Values;
  /** Cost (the less the better) by budget; infinite for a trial that failed. */
  readonly costs: ReadonlyMap<number, number>;
}

export interface Proposer {
  readonly name: string;
  readonly summary: string;
  /** Values for the next trial: a function of what was seen and of the random numbers alone, so that a search that is
   *  continued proposes what it would have proposed. */
  propose(space: Space, seen: readonly Observation[], random: () => number): Values;
}
