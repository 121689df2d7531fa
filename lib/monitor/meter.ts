// What is counted of the requests of one model: how long each waited and computed, and how those that failed failed.
import { isKompaktError } from '../errors.js';
import { LatencyWindow, type WindowedSummary } from './latency-window.js';

export interface MeterSnapshot {
  /** Milliseconds since the meter was made or reset. */
  readonly sinceMs: number;
  readonly windowMs: number;
  readonly completed: number;
  readonly failed: number;
  /** How many failed with each code; 'other' for errors that are not kompakt's. */
  readonly errors: Readonly<Record<string, number>>;
  /** Completed requests per second, in the window (or since the start, while that is shorter) and in total. */
  readonly throughput: { readonly window: number; readonly total: number };
  /** From the call to the result, in milliseconds. */
  readonly latency: WindowedSummary;
  /** The part of it before the computation began. */
  readonly queue: WindowedSummary;
  /** The part of it after. */
  readonly compute: WindowedSummary;
}

/** Milliseconds that never go back. */
export type Clock = () => number;

export class Meter {
  readonly clock: Clock;
  readonly #windowMs: number;
  readonly #latency: LatencyWindow;
  readonly #queue: LatencyWindow;
  readonly #compute: LatencyWindow;
  readonly #errors = new Map<string, number>();
  #start: number;

  constructor(windowMs: number, clock: Clock = () => performance.now()) {
    this.clock = clock;
    this.#windowMs = windowMs;
    this.#latency = new LatencyWindow(windowMs);
    this.#queue = new LatencyWindow(windowMs);
    this.#compute = new LatencyWindow(windowMs);
    this.#start = clock();
  }

  /** A request that was answered at `end`. */
  completed(queueMs: number, computeMs: number, end: number): void {
    this.#latency.record(queueMs + computeMs, end);
    this.#queue.record(queueMs, end);
    this.#compute.record(computeMs, end);
  }

  failed(error: unknown): void {
    const code = codeOf(error);
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  snapshot(): MeterSnapshot {
    const now = this.clock();
    const sinceMs = now - this.#start;
    const latency = this.#latency.summary(now);
    const perSecond = (count: number, ms: number): number => (ms > 0 ? (1000 * count) / ms : 0);
    return {
      sinceMs,
      windowMs: this.#windowMs,
      completed: latency.total.count,
      failed: [...this.#errors.values()].reduce((sum, count) => sum + count, 0),
      errors: Object.fromEntries(this.#errors),
      throughput: {
        window: perSecond(latency.window.count, Math.min(sinceMs, this.#latency.spanMs(now))),
        total: perSecond(latency.total.count, sinceMs),
      },
      latency,
      queue: this.#queue.summary(now),
      compute: this.#compute.summary(now),
    };
  }

  reset(): void {
    this.#start = this.clock();
    this.#errors.clear();
    for (const window of [this.#latency, this.#queue, this.#compute]) window.reset();
  }
}

/** The code of an error, 'other' where it is not one of kompakt's. */
export const codeOf = (error: unknown): string =>
  isKompaktError(error) ? (error as unknown as { code: string }).code : 'other';
