// When a governor switches. It knows times and pressure only, and decides the same whenever it is told the same.
import { z } from 'zod';
import { percentile } from '../bench/statistics.js';

export const governorShape = {
  /** Milliseconds that 95 of 100 runs shall take at most. */
  targetMs: z.number().positive(),
  /** Requests that may wait before a faster variant is wanted. */
  maxWaiting: z.number().min(0).default(8),
  /** Milliseconds that a variant stays at least before a faster one takes over. */
  downDwellMs: z.number().min(0).default(1000),
  /** And before a better one does; doubled each time that a better one could not stay. */
  upDwellMs: z.number().min(0).default(10_000),
  /** Share of the target, and of the time, that a better variant may be expected to take. */
  headroom: z.number().gt(0).max(1).default(0.8),
};

const settings = z.strictObject(governorShape);
export type GovernorSettings = z.output<typeof settings>;

export interface Pressure {
  readonly waiting: number;
  /** Requests that were dropped, refused or too late so far. */
  readonly missed: number;
  readonly throttled: boolean;
}

export type SwitchReason = 'too slow' | 'requests wait' | 'requests missed' | 'throttled' | 'room again';

/** Runs that are judged, and how many there must be. */
const window = 32;
const fewest = 8;
/** Judging at every run would cost as much as a small one. */
const decideEveryMs = 50;
const mostBackoff = 16;
/** Dwell times of a better variant after which what was learnt of it is no longer held against it: it may have had bad luck. */
const memoryInDwells = 4;

export class GovernorPolicy {
  current = 0;
  readonly #settings: GovernorSettings;
  readonly #warmUp: readonly (number | null)[];
  /** How many times as long as the next faster variant each takes: measured when one took over from the other. The device slows
   *  all variants down alike, as far as is known. */
  readonly #learnt: (number | null)[];
  /** What a run of the variant in service takes: the median of the last ones, and before there are enough what was expected. */
  #now: number | null;
  /** The variant that was in service before, until the one that took over is measured. */
  #before: { readonly index: number; readonly median: number } | null = null;
  /** Of the variant in service since it came: the times of the last runs, and when each ended. */
  #times: number[] = [];
  #ends: number[] = [];
  #since: number;
  #cameUp = false;
  #backoff = 1;
  #decided = Number.NEGATIVE_INFINITY;
  #missed = 0;

  /** `warmUpMs`: what a run of each variant took when all were measured; null where it was not. */
  constructor(warmUpMs: readonly (number | null)[], given: GovernorSettings, now: number) {
    this.#settings = given;
    this.#warmUp = warmUpMs;
    this.#learnt = warmUpMs.map(() => null);
    this.#now = warmUpMs[0]!;
    this.#since = now;
  }

  /** What a run takes now; null where nothing is known. */
  expectedMs(index: number): number | null {
    let ms = this.#now;
    for (let i = this.current; i > index; i--) ms = product(ms, this.#factor(i - 1));
    for (let i = this.current; i < index; i++) ms = quotient(ms, this.#factor(i));
    return ms;
  }

  /** How many times as long as the next faster one a variant takes. Of what was learnt and the warm-up the worse: the device may
   *  have become slower, or quick again, just when one took over. */
  #factor(index: number): number | null {
    const warmUp = quotient(this.#warmUp[index]!, this.#warmUp[index + 1]!);
    const learnt = this.#learnt[index]!;
    return warmUp === null || learnt === null ? (learnt ?? warmUp) : Math.max(learnt, warmUp);
  }

  /** A run of a variant that ended now. What began before a switch counts for its own variant only. */
  ran(index: number, ms: number, now: number): void {
    if (index !== this.current) return;
    if (this.#times.length === window) {
      this.#times.shift();
      this.#ends.shift();
    }
    this.#times.push(ms);
    this.#ends.push(now);
  }

  /** Switches when it is time to, by one step. Why, or null when nothing changed. */
  decide(look: () => Pressure, now: number): SwitchReason | null {
    if (this.#warmUp.length === 1 || now - this.#decided < decideEveryMs) return null;
    this.#decided = now;
    const pressure = look();
    const missed = pressure.missed - this.#missed;
    this.#missed = pressure.missed;
    const sorted = Float64Array.from(this.#times).sort();
    const p95 = sorted.length >= fewest ? percentile(sorted, 0.95) : null;
    if (p95 !== null) this.#learn(percentile(sorted, 0.5));
    const reason = this.#tooMuch(pressure, missed, p95);
    const stayed = now - this.#since;
    if (reason !== null) {
      if (this.current === this.#warmUp.length - 1 || stayed < this.#settings.downDwellMs) return null;
      // One that came up and could not stay shall wait longer before it tries again.
      if (this.#cameUp && stayed < this.#settings.upDwellMs)
        this.#backoff = Math.min(mostBackoff, 2 * this.#backoff);
      this.#turn(this.current + 1, false, now);
      return reason;
    }
    if (this.#cameUp && stayed >= this.#settings.upDwellMs) this.#backoff = 1;
    if (this.current === 0 || stayed < this.#backoff * this.#settings.upDwellMs) return null;
    if (pressure.waiting > 0 || !this.#hasRoom(p95, now)) return null;
    this.#turn(this.current - 1, true, now);
    return 'room again';
  }

  #learn(median: number): void {
    this.#now = median;
    if (this.#before === null) return;
    const { index, median: before } = this.#before;
    const slower = Math.min(index, this.current);
    this.#learnt[slower] = index === slower ? quotient(before, median) : quotient(median, before);
    this.#before = null;
  }

  #tooMuch({ waiting, throttled }: Pressure, missed: number, p95: number | null): SwitchReason | null {
    if (p95 !== null && p95 > this.#settings.targetMs) return 'too slow';
    if (missed > 0) return 'requests missed';
    if (waiting > this.#settings.maxWaiting) return 'requests wait';
    return throttled ? 'throttled' : null;
  }

  /** Whether the next better variant would keep the target, and leave time between requests that come as they do now. */
  #hasRoom(p95: number | null, now: number): boolean {
    const { targetMs, headroom, upDwellMs } = this.#settings;
    if (now - this.#since >= memoryInDwells * this.#backoff * upDwellMs)
      this.#learnt[this.current - 1] = null;
    const better = this.expectedMs(this.current - 1);
    const slowest = p95 === null ? better : product(p95, this.#factor(this.current - 1));
    // Nothing is known of it but that it is wanted: it is tried, and then something is.
    if (better === null || slowest === null) return true;
    const span = now - (this.#ends[0] ?? now);
    const perMs = span > 0 ? this.#ends.length / span : 0;
    return slowest <= headroom * targetMs && perMs * better <= headroom;
  }

  #turn(to: number, up: boolean, now: number): void {
    const measured = this.#times.length >= fewest && this.#now !== null;
    this.#before = measured ? { index: this.current, median: this.#now! } : null;
    this.#now = this.expectedMs(to) ?? this.#warmUp[to]!;
    this.current = to;
    this.#cameUp = up;
    this.#since = now;
    this.#times = [];
    this.#ends = [];
  }
}

const product = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a * b;
const quotient = (a: number | null, b: number | null): number | null =>
  a === null || b === null || b === 0 ? null : a / b;
