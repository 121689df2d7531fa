// The contract of a detector: it looks at what is known of all layers and names the causes of error that it finds, with the
// numbers that show them. One file a cause, one line in index.ts.
import type { OperatorTime } from '../../bench/engine.js';
import type { LayerStatistics } from '../layer-statistics.js';
import type { LayerPair } from '../layers.js';
import type { LayerNoise } from '../noise.js';
import type { OutputQuantizer } from '../quantizer.js';
import type { StoredWeights } from '../weights.js';

export interface LayerFacts {
  readonly pair: LayerPair;
  readonly before: StoredWeights | undefined;
  readonly after: StoredWeights | undefined;
  /** undefined where sizes differ. */
  readonly noise: LayerNoise | undefined;
  readonly statistics: LayerStatistics | undefined;
  /** undefined where the output stays in float. */
  readonly quantizer: OutputQuantizer | undefined;
  /** Layers whose values it reads. */
  readonly sources: readonly LayerFacts[];
}

/** Statistics of what enters a BatchNormalization of the original, and what it was trained on; by channel. */
export interface NormFacts {
  readonly node: string;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
  readonly trainedMean: Float64Array;
  readonly trainedDeviation: Float64Array;
}

export interface Evidence {
  readonly layers: readonly LayerFacts[];
  /** Of the first one behind an input, where the original still has it. */
  readonly norm: NormFacts | undefined;
  /** Of the compressed model; null when it was not timed. */
  readonly operators: readonly OperatorTime[] | null;
}

export interface Finding {
  /** Name of the cause. */
  readonly cause: string;
  /** fault: it costs accuracy or time, and there is a remedy. hint: a fact that is worth knowing. */
  readonly severity: 'fault' | 'hint';
  /** Node of the original, or input; null for the whole model. */
  readonly layer: string | null;
  /** One sentence with the numbers. */
  readonly message: string;
  readonly evidence: Readonly<Record<string, number>>;
  /** What mends it, in words. */
  readonly remedy: string;
  /** Options of `kompakt quantize` that do so; empty when none does. */
  readonly options: readonly string[];
}

export interface Cause {
  readonly name: string;
  readonly summary: string;
  readonly find: (evidence: Evidence) => readonly Finding[];
}

/** A quantised layer's weights: integers, and the floats that they were made of. */
export function quantizedWeights({
  before,
  after,
}: LayerFacts): { readonly before: StoredWeights; readonly after: StoredWeights } | undefined {
  if (before === undefined || after === undefined || before.scales.length > 0 || after.scales.length === 0)
    return undefined;
  return before.values.length === after.values.length ? { before, after } : undefined;
}

/** "12 %", "0.03 %": two digits that count. */
export const shareText = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
export const factorText = (factor: number): string => String(Number(factor.toPrecision(3)));
export const decibelNumber = (value: number): string => `${value.toFixed(1)} dB`;
