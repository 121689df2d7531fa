// Measures a candidate beside the original: accuracy on the same samples, latency in turns in this process, bytes of the file.
import { createHash } from 'node:crypto';
import { race } from '../../bench/race.js';
import type { Model } from '../../model/model.js';
import { type StoredBytes, storedBytesOf } from '../../model/stored-bytes.js';
import type { Tensors } from '../../session/values.js';
import type { Judge } from './judge.js';
import type { Measures, OriginalMeasures } from './measures.js';
import type { Finding } from './trial.js';

export interface MeterOptions {
  readonly judge: Judge;
  /** One sample, to be run over and over. */
  readonly feeds: Tensors;
  /** Threads of one run, and timed seconds per model. */
  readonly latencyThreads: number;
  readonly latencySeconds: number;
  /** Of the search: the time that it may take does not cut off the last measurement of a trial. */
  readonly signal?: AbortSignal | undefined;
}

export class Meter {
  readonly #bytes: Uint8Array;
  readonly #size: StoredBytes;

  constructor(
    original: Model,
    private readonly options: MeterOptions,
  ) {
    this.#bytes = original.toBytes();
    this.#size = storedBytesOf(original, this.#bytes);
  }

  /** What budgets are drawn by. */
  get measuresOfOriginal(): OriginalMeasures {
    return { accuracy: this.options.judge.original, bytes: this.#size };
  }

  /** The original as if it were a candidate: as fast as itself, whatever noise two measurements of it would differ by. */
  async original(): Promise<Extract<Finding, { readonly measures: Measures }>> {
    const begun = performance.now();
    const { accuracy, bytes } = this.measuresOfOriginal;
    const { second } = await this.#race(this.#bytes);
    const latency = {
      milliseconds: second.p50,
      originalMilliseconds: second.p50,
      speedUp: 1,
      low: 1,
      high: 1,
    };
    const none = { drop: 0, originalOnly: 0, candidateOnly: 0, p: 1, significant: false };
    return {
      measures: { accuracy: { ...accuracy, ...none }, latency, bytes },
      sha256: sha256Of(this.#bytes),
      notes: [],
      seconds: (performance.now() - begun) / 1000,
    };
  }

  async measure(
    model: Model,
    signal?: AbortSignal,
  ): Promise<{ readonly measures: Measures; readonly file: Uint8Array; readonly sha256: string }> {
    const file = model.toBytes();
    const accuracy = await this.options.judge.judge(model, signal);
    const { first, second, speedUp, low, high } = await this.#race(file);
    const latency = { milliseconds: second.p50, originalMilliseconds: first.p50, speedUp, low, high };
    return {
      measures: { accuracy, latency, bytes: storedBytesOf(model, file) },
      file,
      sha256: sha256Of(file),
    };
  }

  #race(candidate: Uint8Array): ReturnType<typeof race> {
    const { feeds, latencyThreads: threads, latencySeconds: seconds, signal } = this.options;
    return race(this.#bytes, candidate, feeds, { threads, seconds, signal });
  }
}

export const sha256Of = (file: Uint8Array): string => createHash('sha256').update(file).digest('hex');
