// One trial: what it tries, how good it is after each part of its budget, and what became of it.
import type { Failure } from './journal.js';
import type { Point } from './method.js';
import type { Values } from './space.js';

export type Objective = 'accuracy' | 'loss';

/** The less the better. */
export const costOf = ({ accuracy, loss }: Point, objective: Objective): number =>
  objective === 'accuracy' ? 1 - accuracy : loss;

export class Trial {
  readonly points: Point[] = [];
  /** By budget. */
  readonly costs = new Map<number, number>();
  status: 'unfinished' | 'finished' | 'pruned' | 'failed' = 'unfinished';
  failure: Failure | undefined;

  /** `number` is counted from 0, which has the defaults. */
  constructor(
    readonly number: number,
    readonly bracket: number,
    readonly values: Values,
  ) {}

  /** How far it got. */
  get budget(): number {
    return this.points.at(-1)?.budget ?? 0;
  }
}
