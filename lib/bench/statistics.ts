// Order statistics of latencies.

export interface LatencySummary {
  readonly runs: number;
  /** Milliseconds. */
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** p99 / p50. */
  readonly jitter: number;
  /** Runs per second of time spent running. */
  readonly throughput: number;
}

/** Value at rank ceil(q * n) of ascending samples (nearest rank). */
export function percentile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const rank = Math.ceil(q * sorted.length) - 1;
  return sorted[Math.min(sorted.length - 1, Math.max(0, rank))]!;
}

/** Summary of latencies in milliseconds. */
export function summarize(milliseconds: readonly number[]): LatencySummary {
  const sorted = Float64Array.from(milliseconds).sort();
  const sum = sorted.reduce((total, value) => total + value, 0);
  const p50 = percentile(sorted, 0.5);
  const p99 = percentile(sorted, 0.99);
  return {
    runs: sorted.length,
    min: sorted[0] ?? Number.NaN,
    mean: sum / sorted.length,
    p50,
    p90: percentile(sorted, 0.9),
    p95: percentile(sorted, 0.95),
    p99,
    max: sorted.at(-1) ?? Number.NaN,
    jitter: p99 / p50,
    throughput: (1000 * sorted.length) / sum,
  };
}
