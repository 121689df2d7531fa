// Durations of the last minutes and of all time. The window is a ring of slices: the oldest one is emptied when its time comes
// round again, so that the window is at most one slice short of what it promises.
import { type DurationSummary, LatencyHistogram } from './latency-histogram.js';

const slices = 15;

export interface WindowedSummary {
  readonly window: DurationSummary;
  readonly total: DurationSummary;
}

export class LatencyWindow {
  readonly #total = new LatencyHistogram();
  readonly #slices = Array.from({ length: slices }, () => new LatencyHistogram());
  readonly #sliceMs: number;
  /** Number of the slice that is filled now, counted from time 0. */
  #current = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / slices;
  }

  /** `now` in milliseconds never goes back. */
  record(ms: number, now: number): void {
    const slice = Math.floor(now / this.#sliceMs);
    if (slice !== this.#current) this.#turn(slice);
    this.#slices[slice % slices]!.record(ms);
    this.#total.record(ms);
  }

  get count(): number {
    return this.#total.count;
  }

  /** The durations of the window that ends now. */
  window(now: number): LatencyHistogram {
    this.#turn(Math.floor(now / this.#sliceMs));
    const all = new LatencyHistogram();
    for (const slice of this.#slices) all.add(slice);
    return all;
  }

  /** How long the window that ends now is: the slice that is filled now has only begun. */
  spanMs(now: number): number {
    return now - (Math.floor(now / this.#sliceMs) - slices + 1) * this.#sliceMs;
  }

  summary(now: number): WindowedSummary {
    return { window: this.window(now).summary(), total: this.#total.summary() };
  }

  reset(): void {
    this.#total.reset();
    for (const slice of this.#slices) slice.reset();
  }

  /** Empties the slices between the last one and `to`. */
  #turn(to: number): void {
    const first = Math.max(this.#current + 1, to - slices + 1, 0);
    for (let slice = first; slice <= to; slice++) this.#slices[slice % slices]!.reset();
    if (to > this.#current) this.#current = to;
  }
}
