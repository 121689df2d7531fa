// Options of quantisation-aware training.
import { z } from 'zod';
import { quantizeShape } from '../quantize/options.js';

/** Training moves weights on from the values that they had, and rounds them to the nearest in every step. */
const { rounding: _, ...shape } = quantizeShape;

export const qatOptions = z.strictObject({
  ...shape,
  /** How scales are found (lib/ops/gradients/fake-quantization.ts): 'lsq' learns all; 'pact' learns the clipping levels of
   *  activations and the scales of weights; 'ste' observes the ranges of activations and keeps the scales of weights. */
  method: z.enum(['lsq', 'pact', 'ste']).default('lsq'),
  /** Share of the run after which observed ranges stay as they are. */
  freezeAt: z.number().min(0).max(1).default(0.8),
});

export type QatOptions = z.input<typeof qatOptions>;
export type CompleteQatOptions = z.output<typeof qatOptions>;
