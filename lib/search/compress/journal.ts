// The journal of a search: a line of JSON for each finished trial, so that a search that was killed goes on where it was. Its first
// line says what was searched for; a journal of another model or other samples is refused.
import { appendFile, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { KompaktError } from '../../errors.js';
import { writeFileAtomically } from '../../onnx/write-file.js';
import type { Finding } from './trial.js';

const number = z.number();
const findingOptions = z.union([
  z.object({
    measures: z.object({
      accuracy: z.object({
        samples: number,
        right: number,
        share: number,
        interval: z.object({ low: number, high: number }),
        drop: number,
        originalOnly: number,
        candidateOnly: number,
        p: number,
        significant: z.boolean(),
      }),
      latency: z.object({
        milliseconds: number,
        originalMilliseconds: number,
        speedUp: number,
        low: number,
        high: number,
      }),
      bytes: z.object({ file: number, deflated: number }),
    }),
    sha256: z.string(),
    seconds: number,
  }),
  z.object({ failure: z.object({ code: z.string(), message: z.string() }), seconds: number }),
]);

/** What findings depend on: they hold only where all of it is the same. */
export type Subject = Readonly<Record<string, unknown>>;

export class Journal {
  readonly #findings = new Map<string, Finding>();

  private constructor(private readonly path: string | null) {}

  /** Opens or begins a journal; null keeps findings in memory. Throws KPT_FILE_NOT_FOUND, KPT_DATA_MALFORMED, KPT_OPTION_INVALID. */
  static async open(path: string | null, subject: Subject): Promise<Journal> {
    const journal = new Journal(path);
    if (path === null) return journal;
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new KompaktError('KPT_FILE_NOT_FOUND', `The journal '${path}' cannot be read.`, { path }, error);
    });
    if (text === undefined || text === '') {
      await writeFileAtomically(path, Buffer.from(`${JSON.stringify({ subject })}\n`));
      return journal;
    }
    const whole = journal.#read(text, subject);
    // What was cut off in the middle of a line is written anew.
    if (whole.length < text.length) await writeFileAtomically(path, Buffer.from(whole));
    return journal;
  }

  /** Takes in all whole lines and answers with them. */
  #read(text: string, subject: Subject): string {
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const [head, ...lines] = whole.split('\n').slice(0, -1).map(parsed);
    const path = this.path!;
    if (head === undefined || typeof head.subject !== 'object')
      throw new KompaktError('KPT_DATA_MALFORMED', `'${path}' is not a journal of kompakt.`, { path });
    const differing = Object.keys(subject).filter(
      (key) => JSON.stringify((head.subject as Subject)[key]) !== JSON.stringify(subject[key]),
    );
    if (differing.length > 0)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        `The journal '${path}' belongs to a search with another ${differing.join(', ')}; give another file, or remove it.`,
        { path, differing },
      );
    for (const line of lines) {
      const finding = findingOptions.safeParse(line?.finding).data;
      if (typeof line?.key !== 'string' || finding === undefined)
        throw new KompaktError('KPT_DATA_MALFORMED', `'${path}' has a line that is no trial.`, { path });
      this.#findings.set(line.key, finding);
    }
    return whole;
  }

  find(key: string): Finding | undefined {
    return this.#findings.get(key);
  }

  /** `words` are for people who read the file. */
  async add(key: string, words: string, finding: Finding): Promise<void> {
    this.#findings.set(key, finding);
    if (this.path === null) return;
    const { path } = this;
    await appendFile(path, `${JSON.stringify({ key, words, finding })}\n`).catch((error) => {
      throw new KompaktError('KPT_FILE_WRITE', `The journal '${path}' cannot be written.`, { path }, error);
    });
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
