// The contract of calibration: an observer sees the values of one tensor, sample by sample, in fixed memory, and
// answers with the range that its quantiser shall cover. A calibrator makes observers by one published rule.

import type { Dims } from '../tensor/shape.js';

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Observer {
  /** Takes in the values of one sample. Requires: all finite (collect.ts checks). Keeps no reference to them. */
  see(values: Float32Array, dims: Dims): void;
  /** The range to quantise; {0, 0} when nothing or only zeros were seen. */
  range(): Range;
}

/** The quantiser that the range is for: how many levels, and whether they lie symmetric around zero. */
export interface QuantiserShape {
  readonly levels: number;
  readonly symmetric: boolean;
}

export interface Calibrator {
  readonly name: string;
  readonly summary: string;
  /** Paper or tool that the rule comes from, and what differs here. */
  readonly source: string;
  readonly create: (shape: QuantiserShape) => Observer;
}
