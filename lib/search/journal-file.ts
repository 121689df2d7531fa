// The file of a journal: a line of JSON for each thing that is finished, on disk before the search goes on, so that a search that was
// killed goes on where it was. Its first line says what is searched; a journal of another search is refused.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { z } from 'zod';
import { KompaktError, systemReason } from '../errors.js';
import { requireSameSettings } from '../train/checkpoint.js';

/** What lines depend on: they hold only where all of it is the same. */
export type Subject = Readonly<Record<string, unknown>>;

export interface JournalForm<Line extends z.ZodType> {
  /** Of which function. */
  readonly of: string;
  readonly subject: Subject;
  readonly line: Line;
}

const head = z.strictObject({ journal: z.string(), subject: z.record(z.string(), z.unknown()) });

export class JournalFile<Line extends z.ZodType> {
  /** Those that were there. */
  readonly lines: readonly z.output<Line>[];
  readonly #path: string;
  /** Where a line begins that could not be written as a whole; undefined where the last one is whole. */
  #torn: number | undefined;

  /** Opens or begins a journal. A last line that was cut short is taken off the file. Throws KPT_FILE_NOT_FOUND, KPT_FILE_WRITE,
   *  KPT_DATA_MALFORMED for what is no journal, KPT_OPTION_INVALID for that of another search. */
  constructor(path: string, { of, subject, line }: JournalForm<Line>) {
    this.#path = path;
    const first = `${JSON.stringify({ journal: of, subject })}\n`;
    const bytes = readBytes(path);
    const end = bytes.lastIndexOf('\n') + 1;
    const begun = end > 0 || (bytes.length > 0 && !first.startsWith(bytes.toString('utf8')));
    const malformed = (cause?: unknown): KompaktError =>
      new KompaktError('KPT_DATA_MALFORMED', `'${path}' is not a journal of ${of}.`, { path }, cause);
    let found: z.output<typeof head> | undefined;
    try {
      const [opening, ...rest] = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
      this.lines = rest.map((text) => line.parse(JSON.parse(text)));
      if (begun) {
        found = head.parse(JSON.parse(opening ?? ''));
        if (found.journal !== of) throw malformed();
      }
    } catch (error) {
      throw malformed(error);
    }
    // What JSON leaves out, an absent option, is absent on both sides.
    if (found !== undefined)
      requireSameSettings('journal', path, found.subject, (JSON.parse(first) as typeof found).subject);
    this.#write(() => {
      if (end < bytes.length) truncateSync(path, end);
      if (!begun) this.#append(first);
    });
  }

  add(line: z.input<Line>): void {
    this.#write(() => this.#append(`${JSON.stringify(line)}\n`));
  }

  #append(text: string): void {
    const file = openSync(this.#path, 'a');
    try {
      // Behind half a line no other could be read.
      if (this.#torn !== undefined) ftruncateSync(file, this.#torn);
      this.#torn = fstatSync(file).size;
      // Writes on where a write takes a part only, as at the end of a disk.
      writeFileSync(file, Buffer.from(text));
      // What is written elsewhere, a checkpoint say, must never be ahead of the journal.
      fsyncSync(file);
      this.#torn = undefined;
    } finally {
      closeSync(file);
    }
  }

  #write(write: () => void): void {
    const path = this.#path;
    try {
      write();
    } catch (error) {
      throw new KompaktError(
        'KPT_FILE_WRITE',
        `The journal '${path}' cannot be written${systemReason(error)}.`,
        { path },
        error,
      );
    }
  }
}

/** Nothing where there is no file. */
function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw new KompaktError(
      'KPT_FILE_NOT_FOUND',
      `The journal '${path}' cannot be read${systemReason(error)}.`,
      { path },
      error,
    );
  }
}
