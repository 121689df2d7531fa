// The journal of a search: one JSON object a line, on disk before the search goes on. A search that ended anywhere is repeated
// from its beginning, and what the journal knows is not run again.
import { closeSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { KompaktError } from '../../errors.js';
import { requireSameSettings } from '../../train/checkpoint.js';
import type { Point } from './method.js';
import type { Values } from './space.js';

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What is known of a trial. */
export interface Recorded {
  values: Values | undefined;
  readonly points: Point[];
  failure: Failure | undefined;
}

type Line =
  | { readonly journal: 'kompakt tune'; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly trial: number; readonly values: Values }
  | { readonly trial: number; readonly point: Point }
  | { readonly trial: number; readonly failure: Failure };

export class Journal {
  readonly #trials = new Map<number, Recorded>();
  readonly #path: string | null;

  /** `path` null: nothing is kept. Throws KPT_OPTION_INVALID for the journal of a search with other settings, KPT_DATA_MALFORMED
   *  for a file that is no journal. */
  constructor(path: string | null, settings: Readonly<Record<string, unknown>>) {
    this.#path = path;
    if (path === null) return;
    const lines = readLines(path);
    // What JSON leaves out, an absent option, is absent here too.
    const own = JSON.parse(JSON.stringify(settings)) as typeof settings;
    if (lines.length === 0) {
      this.#append({ journal: 'kompakt tune', settings: own });
      return;
    }
    const [head, ...rest] = lines as [Line, ...Line[]];
    if (!('journal' in head)) throw notAJournal(path);
    requireSameSettings(path, head.settings, own);
    for (const line of rest) this.#take(line);
  }

  /** What is known of a trial; empty for a new one. */
  of(trial: number): Recorded {
    const known = this.#trials.get(trial) ?? { values: undefined, points: [], failure: undefined };
    this.#trials.set(trial, known);
    return known;
  }

  /** Takes down what a trial tries. Throws KPT_DATA_MALFORMED when it tried something else before. */
  begin(trial: number, values: Values): void {
    const known = this.of(trial);
    if (known.values === undefined) this.#tell({ trial, values });
    else if (JSON.stringify(known.values) !== JSON.stringify(values))
      throw new KompaktError(
        'KPT_DATA_MALFORMED',
        `Trial ${trial} of the journal '${this.#path}' tried ${JSON.stringify(known.values)}, but this search would try ${JSON.stringify(values)}: another version has written it.`,
      );
  }

  point(trial: number, point: Point): void {
    this.#tell({ trial, point });
  }

  failure(trial: number, failure: Failure): void {
    this.#tell({ trial, failure });
  }

  #tell(line: Exclude<Line, { journal: string }>): void {
    this.#take(line);
    if (this.#path !== null) this.#append(line);
  }

  #take(line: Line): void {
    if ('journal' in line) return;
    const known = this.of(line.trial);
    if ('values' in line) known.values = line.values;
    else if ('point' in line) known.points.push(line.point);
    else known.failure = line.failure;
  }

  #append(line: Line): void {
    try {
      const file = openSync(this.#path!, 'a');
      try {
        writeSync(file, `${JSON.stringify(line)}\n`);
        // A checkpoint must never be ahead of the journal.
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      const path = this.#path;
      throw new KompaktError('KPT_FILE_WRITE', `The journal '${path}' cannot be written.`, { path }, error);
    }
  }
}

/** The lines of a journal; none where there is no file. A last line that was cut short is taken off the file. */
function readLines(path: string): readonly Line[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new KompaktError('KPT_FILE_NOT_FOUND', `The journal '${path}' cannot be read.`, { path }, error);
  }
  const end = bytes.lastIndexOf('\n') + 1;
  try {
    const lines = bytes
      .subarray(0, end)
      .toString('utf8')
      .split('\n')
      .slice(0, -1)
      .map((text) => JSON.parse(text) as Line);
    if (lines.some((line) => typeof line !== 'object' || line === null)) throw new Error('not an object');
    if (end === 0 && bytes.length > 0 && !bytes.toString('utf8').startsWith('{"journal"'))
      throw new Error('not a first line');
    if (end < bytes.length) truncateSync(path, end);
    return lines;
  } catch (error) {
    throw notAJournal(path, error);
  }
}

const notAJournal = (path: string, cause?: unknown): KompaktError =>
  new KompaktError('KPT_DATA_MALFORMED', `'${path}' is not a journal of kompakt tune.`, { path }, cause);
