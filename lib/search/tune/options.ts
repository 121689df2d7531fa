// Options of a search for options.
import { z } from 'zod';
import { tunedMethods } from './methods.js';
import { proposers } from './proposers/index.js';
import { rungPlans } from './rungs/index.js';

const nameOf = (list: readonly { readonly name: string }[]) => {
  const names = list.map(({ name }) => name);
  return z
    .string()
    .refine((name) => names.includes(name), { message: `expected one of ${names.join(', ')}` });
};

export const tuneOptions = z.strictObject({
  /** Whose options are tuned. */
  method: nameOf(tunedMethods),
  /** Options of the method that are the same in every trial. */
  options: z.record(z.string(), z.unknown()).default({}),
  /** What is tried, by path of an option (lib/search/tune/space.ts). Absent: what is usual for the method. */
  space: z.record(z.string(), z.unknown()).optional(),
  /** Trials in all. The first has the defaults of the method. */
  trials: z.int().min(1).default(24),
  /** Epochs of a trial that is not given up; of methods that train. Default 8. */
  epochs: z.int().min(1).optional(),
  /** Calibration samples of such a trial; of quantize. Default 300. */
  calibrationSamples: z.int().min(1).optional(),
  /** How trials are proposed. */
  algorithm: nameOf(proposers).default('tpe'),
  /** When trials are given up. */
  rungs: nameOf(rungPlans).default('halving'),
  /** One trial in so many goes on after a rung. */
  eta: z.int().min(2).default(3),
  /** Epochs, or calibration samples, after which a trial may be given up. Default: 1, or 16 samples. */
  least: z.int().min(1).optional(),
  /** What is sought on the validation samples: the largest share of right answers or the least cross-entropy. */
  objective: z.enum(['accuracy', 'loss']).default('accuracy'),
  /** Share of the training samples that trials are judged by and do not see, where `validate` names no others. */
  holdout: z.number().gt(0).lt(1).default(0.1),
  /** Ends the search, not the last training: what trials took, those before a resumption included. */
  minutes: z.number().positive().optional(),
  /** File that knows what trials came to. A search with the same options continues where it ended. */
  journal: z.string().min(1).optional(),
  /** HTML file with the trials, their curves and a panel for each parameter. */
  report: z.string().min(1).optional(),
  /** Decides the samples held out, the trials, and all that the method draws. */
  seed: z.int().min(0).default(0),
  /** 0: the usable CPUs. The result does not depend on it. */
  threads: z.int().min(0).default(0),
});

export type CompleteTuneOptions = z.output<typeof tuneOptions>;
