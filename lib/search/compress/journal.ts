// The journal of compress: what came of each recipe that was tried.
import { z } from 'zod';
import { JournalFile, type Subject } from '../journal-file.js';
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
    notes: z.array(z.string()).readonly().default([]),
  }),
  z.object({ failure: z.object({ code: z.string(), message: z.string() }), seconds: number }),
]);

/** `words` are for people who read the file. */
const line = z.strictObject({ key: z.string(), words: z.string(), finding: findingOptions });

export class Journal {
  readonly #findings: Map<string, Finding>;
  readonly #file: JournalFile<typeof line> | null;

  /** Opens or begins a journal; null keeps findings in memory. Throws as JournalFile does. */
  constructor(path: string | null, subject: Subject) {
    this.#file = path === null ? null : new JournalFile(path, { of: 'kompakt compress', subject, line });
    this.#findings = new Map(this.#file?.lines.map(({ key, finding }) => [key, finding]));
  }

  find(key: string): Finding | undefined {
    return this.#findings.get(key);
  }

  add(key: string, words: string, finding: Finding): void {
    this.#findings.set(key, finding);
    this.#file?.add({ key, words, finding });
  }
}
