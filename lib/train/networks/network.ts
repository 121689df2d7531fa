// The contract of a network to start from: one published architecture, one file, one line in networks/index.ts.
import type { Feature, Layers } from './layers.js';

export interface Network {
  readonly name: string;
  readonly summary: string;
  /** Paper, and what differs here. */
  readonly source: string;
  /** Channels, height and width for which it was made; others may be asked for. */
  readonly input: readonly [number, number, number];
  readonly classes: number;
  /** From the input to the values before Softmax, one a class. `width` multiplies the numbers of channels. */
  readonly build: (layers: Layers, input: Feature, options: { classes: number; width: number }) => Feature;
}

/** A whole number of channels nearest to `channels` times `width`, at least `multiple` and a multiple of it. */
export const widen = (channels: number, width: number, multiple = 1): number =>
  Math.max(multiple, Math.round((channels * width) / multiple) * multiple);
