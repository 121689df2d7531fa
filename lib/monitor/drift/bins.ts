// Bins of a distribution that was seen once, so that later values can be counted in fixed memory and compared with it.

/** Shares of the values seen, by bin: bin i holds what is at or above edge i - 1 and below edge i. */
export interface Distribution {
  /** Ascending. */
  readonly edges: readonly number[];
  /** One more than edges; they add up to 1. The first and last are 0: outside of all that was seen. */
  readonly shares: readonly number[];
}

/** Bins between the least and the greatest value: deciles, as the population stability index is used (Siddiqi 2006). */
const innerBins = 10;

/** Bins with about equal shares of the values. A value that fills a bin by itself (the black of a picture) gets one of its own. */
export function distributionOf(values: Float64Array): Distribution {
  const sorted = values.slice().sort();
  const last = sorted[sorted.length - 1]!;
  const edges = new Set<number>([sorted[0]!, above(last)]);
  for (let bin = 1; bin < innerBins; bin++) {
    const edge = sorted[Math.floor((bin * sorted.length) / innerBins)]!;
    const next = sorted[Math.floor(((bin + 1) * sorted.length) / innerBins) - 1]!;
    edges.add(edge);
    if (next === edge) edges.add(above(edge));
  }
  const ascending = [...edges].sort((a, b) => a - b);
  const counts = new Float64Array(ascending.length + 1);
  for (const value of sorted) counts[binOf(ascending, value)]!++;
  return { edges: ascending, shares: Array.from(counts, (count) => count / sorted.length) };
}

/** How many edges the value has reached. */
export function binOf(edges: readonly number[], value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value >= edges[middle]!) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The next number that float32 can tell from this one, or near it: above it in any case. */
const above = (value: number): number => value + Math.max(2 ** -149, Math.abs(value) * 2 ** -24);
