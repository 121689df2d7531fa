// Options of explain().
import { z } from 'zod';

export const explainOptions = z.strictObject({
  /** Most samples of the data that are looked at; they are kept in memory. */
  samples: z.int().min(1).default(32),
  /** Samples, of those, on which each layer is tried alone: the cost grows with layers times samples. */
  trialSamples: z.int().min(1).default(8),
  /** Seconds for which each model is timed; 0: not at all. */
  seconds: z.number().min(0).default(1),
  /** Threads of timed runs. */
  threads: z.int().min(1).default(1),
});
