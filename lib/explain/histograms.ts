// How weights and outputs of a layer are spread before and after, and the grid that rounding puts them on: to be drawn.
import { binsPerSide, type Histogram } from '../calibrate/histogram.js';
import type { LayerFacts } from './causes/cause.js';

export interface Grid {
  readonly step: number;
  /** Real numbers between which values are kept. */
  readonly min: number;
  readonly max: number;
}

export interface Spread {
  readonly what: 'weights' | 'output';
  /** Between them the bins lie, all of one width. */
  readonly min: number;
  readonly max: number;
  /** Share of the values in each bin. */
  readonly original: readonly number[];
  readonly compressed: readonly number[];
  /** null where values are not rounded, or weights have a scale for each channel. */
  readonly grid: Grid | null;
}

export interface LayerSpreads {
  readonly layer: string;
  readonly spreads: readonly Spread[];
}

const bins = 96;

export const spreadsOf = (facts: LayerFacts): LayerSpreads => ({
  layer: facts.pair.name,
  spreads: [weightSpread(facts), outputSpread(facts)].flatMap((spread) => spread ?? []),
});

function weightSpread({ before, after }: LayerFacts): Spread | undefined {
  if (before === undefined || after === undefined || after.values.length === 0) return undefined;
  const both = [before.values, after.values];
  const min = Math.min(...both.map((values) => values.reduce((a, b) => Math.min(a, b))));
  const max = Math.max(...both.map((values) => values.reduce((a, b) => Math.max(a, b))));
  if (!(max > min)) return undefined;
  const [original, compressed] = both.map((values) => binned(values, () => 1, min, max));
  const grid = after.range === null ? null : { step: after.scales[0]!, ...after.range };
  return { what: 'weights', min, max, original: original!, compressed: compressed!, grid };
}

function outputSpread({ statistics, quantizer }: LayerFacts): Spread | undefined {
  if (statistics === undefined) return undefined;
  const both = [statistics.histogram, statistics.compressed];
  const min = Math.min(...both.map((histogram) => histogram.min));
  const max = Math.max(...both.map((histogram) => histogram.max));
  if (!(max > min)) return undefined;
  const [original, compressed] = both.map((histogram) => {
    const { values, counts } = pointsOf(histogram);
    return binned(values, (i) => counts[i]!, min, max);
  });
  const grid =
    quantizer === undefined ? null : { step: quantizer.scale, min: quantizer.min, max: quantizer.max };
  return { what: 'output', min, max, original: original!, compressed: compressed!, grid };
}

/** The middle of each bin, and how many values are in it. */
function pointsOf({ positive, negative, zeros, binWidth }: Histogram): {
  readonly values: Float64Array;
  readonly counts: Float64Array;
} {
  const values = new Float64Array(2 * binsPerSide + 1);
  const counts = new Float64Array(2 * binsPerSide + 1);
  for (let i = 0; i < binsPerSide; i++) {
    values[i] = (i + 0.5) * binWidth;
    counts[i] = positive[i]!;
    values[binsPerSide + i] = -(i + 0.5) * binWidth;
    counts[binsPerSide + i] = negative[i]!;
  }
  counts[2 * binsPerSide] = zeros;
  return { values, counts };
}

function binned(
  values: Float64Array,
  weight: (i: number) => number,
  min: number,
  max: number,
): readonly number[] {
  const counts = new Float64Array(bins);
  let all = 0;
  values.forEach((v, i) => {
    const place = Math.floor(((v - min) / (max - min)) * bins);
    counts[Math.min(bins - 1, Math.max(0, place))]! += weight(i);
    all += weight(i);
  });
  return [...counts].map((count) => (all === 0 ? 0 : count / all));
}
