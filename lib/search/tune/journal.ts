// The journal of tune: a search that ended anywhere is repeated from its beginning, and what the journal knows is not run again.
import { z } from 'zod';
import { KompaktError } from '../../errors.js';
import { JournalFile, type Subject } from '../journal-file.js';
import type { Point } from './method.js';
import type { Values } from './space.js';

const failure = z.strictObject({ code: z.string(), message: z.string() });
const point = z.strictObject({
  budget: z.number(),
  accuracy: z.number(),
  loss: z.number(),
  seconds: z.number(),
});
const trial = z.int().min(0);
const line = z.union([
  z.strictObject({ trial, values: z.record(z.string(), z.json()) }),
  z.strictObject({ trial, point }),
  z.strictObject({ trial, failure }),
]);
type Line = z.output<typeof line>;

export type Failure = Readonly<z.output<typeof failure>>;

/** What is known of a trial. */
export interface Recorded {
  values: Values | undefined;
  readonly points: Point[];
  failure: Failure | undefined;
}

export class Journal {
  readonly #trials = new Map<number, Recorded>();
  readonly #path: string | null;
  readonly #file: JournalFile<typeof line> | null;

  /** `path` null: nothing is kept. Throws as JournalFile does. */
  constructor(path: string | null, subject: Subject) {
    this.#path = path;
    this.#file = path === null ? null : new JournalFile(path, { of: 'kompakt tune', subject, line });
    for (const known of this.#file?.lines ?? []) this.#take(known);
  }

  /** That all trials took. */
  get seconds(): number {
    return [...this.#trials.values()]
      .flatMap(({ points }) => points)
      .reduce((sum, one) => sum + one.seconds, 0);
  }

  /** What is known of a trial; empty for a new one. */
  of(number: number): Recorded {
    const known = this.#trials.get(number) ?? { values: undefined, points: [], failure: undefined };
    this.#trials.set(number, known);
    return known;
  }

  /** Takes down what a trial tries. Throws KPT_DATA_MALFORMED when it tried something else before. */
  begin(number: number, values: Values): void {
    const known = this.of(number);
    if (known.values === undefined) this.#tell({ trial: number, values: { ...values } });
    else if (JSON.stringify(known.values) !== JSON.stringify(values))
      throw new KompaktError(
        'KPT_DATA_MALFORMED',
        `Trial ${number} of the journal '${this.#path}' tried ${JSON.stringify(known.values)}, but this search would try ${JSON.stringify(values)}: another version has written it.`,
      );
  }

  point(number: number, reached: Point): void {
    this.#tell({ trial: number, point: { ...reached } });
  }

  failure(number: number, met: Failure): void {
    this.#tell({ trial: number, failure: { ...met } });
  }

  #tell(told: Line): void {
    this.#take(told);
    this.#file?.add(told);
  }

  #take(told: Line): void {
    const known = this.of(told.trial);
    if ('values' in told) known.values = told.values;
    else if ('point' in told) known.points.push(told.point);
    else known.failure = told.failure;
  }
}
