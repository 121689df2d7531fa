// Counts of durations in fixed memory with a bounded error: the buckets of an HDR histogram, 64 for each power of two, so that
// a percentile is at most 1/128 (0.8 %) off. Recording makes no object. Not createHistogram() of perf_hooks: with two figures it takes
// 38 KB where this takes 7, and a window has 16 of them; it leaves out what is beyond its range, and its least and largest values
// are edges of buckets.

/** Units of one millisecond: a bucket of the smallest durations is an eighth of a microsecond wide. */
const unitsPerMs = 8000;
const subBits = 6;
const subCount = 1 << subBits;
/** Durations are cut to 32 bits: 536 seconds. */
const buckets = (32 - subBits) * subCount + subCount;

export interface DurationSummary {
  readonly count: number;
  /** Milliseconds; null when nothing was counted. */
  readonly min: number | null;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export class LatencyHistogram {
  readonly #counts = new Uint32Array(buckets);
  count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  record(ms: number): void {
    this.#counts[bucketOf(ms)]!++;
    this.count++;
    this.#sum += ms;
    if (ms < this.#min) this.#min = ms;
    if (ms > this.#max) this.#max = ms;
  }

  /** Adds the counts of another one. */
  add(other: LatencyHistogram): void {
    if (other.count === 0) return;
    for (let i = 0; i < buckets; i++) this.#counts[i]! += other.#counts[i]!;
    this.count += other.count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  reset(): void {
    this.#counts.fill(0);
    this.count = 0;
    this.#sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = 0;
  }

  /** The duration at rank ceil(q * count), in milliseconds; null when nothing was counted. */
  percentile(q: number): number | null {
    if (this.count === 0) return null;
    const rank = Math.max(1, Math.ceil(q * this.count));
    let seen = 0;
    let bucket = 0;
    for (; bucket < buckets; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) break;
    }
    return Math.min(this.#max, Math.max(this.#min, middleOf(bucket)));
  }

  summary(): DurationSummary {
    const some = this.count > 0;
    return {
      count: this.count,
      min: some ? this.#min : null,
      mean: some ? this.#sum / this.count : null,
      p50: this.percentile(0.5),
      p90: this.percentile(0.9),
      p95: this.percentile(0.95),
      p99: this.percentile(0.99),
      max: some ? this.#max : null,
    };
  }
}

/** Durations below 2^(subBits+1) units have a bucket each; above, the leading bits choose one. */
function bucketOf(ms: number): number {
  const units = ms * unitsPerMs;
  const value = units >= 0xffffffff ? 0xffffffff : units > 0 ? units >>> 0 : 0;
  const shift = 31 - subBits - Math.clz32(value | subCount);
  return shift * subCount + (value >>> shift);
}

function middleOf(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / subCount) - 1);
  const low = (bucket - shift * subCount) * 2 ** shift;
  return (low + 2 ** shift / 2) / unitsPerMs;
}
