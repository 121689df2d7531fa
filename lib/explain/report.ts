// The report of explain(): what compression did to a model.
import type { Advice } from './advice.js';
import type { AnswerReport } from './answers.js';
import type { Finding } from './causes/cause.js';
import type { LatencyReport, StoredSize } from './costs.js';
import type { LayerSpreads } from './histograms.js';
import type { LayerReport } from './layer-report.js';

export interface ExplainReport {
  /** Three to six sentences. */
  readonly summary: readonly string[];
  /** False where too few layers correspond: there are no layers then. */
  readonly sameArchitecture: boolean;
  readonly samples: number;
  readonly size: { readonly original: StoredSize; readonly compressed: StoredSize };
  /** Multiply-accumulates for one sample. */
  readonly macs: { readonly original: number; readonly compressed: number };
  /** null when it was not asked for. */
  readonly latency: LatencyReport | null;
  /** dB, at the end of the model: its outputs, or what a closing softmax is made of. Infinity when all is equal; null when
   *  outputs are not numbers or differ in size. */
  readonly sqnr: number | null;
  /** null without labelled samples. */
  readonly answers: AnswerReport | null;
  /** Those that cost most at the end come first. */
  readonly layers: readonly LayerReport[];
  /** Causes of error, in the order of causes/index.ts. */
  readonly findings: readonly Finding[];
  readonly advice: readonly Advice[];
  /** Weights and outputs of the layers that cost most. */
  readonly spreads: readonly LayerSpreads[];
  /** Nodes of the original without a twin: fused, folded or removed. */
  readonly gone: readonly { readonly name: string; readonly op: string }[];
}
