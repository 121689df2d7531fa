// Options of compress.
import { z } from 'zod';
import { budgetOptions } from './budget.js';
import { strategies } from './strategies/index.js';

const names = strategies.map(({ name }) => name);

export const compressOptions = z.strictObject({
  budget: budgetOptions,
  /** What is best among candidates that keep the budget. Absent: latency, or accuracy where the budget does not limit it. */
  objective: z.enum(['latency', 'bytes', 'accuracy']).optional(),
  /** Strategies that may be tried, by name; all by default. */
  methods: z
    .array(
      z.string().refine((name) => names.includes(name), { message: `expected one of ${names.join(', ')}` }),
    )
    .min(1)
    .readonly()
    .optional(),
  /** Ends with the first candidate that keeps the budget. */
  first: z.boolean().default(false),
  /** Answers with the candidate nearest to the budget when none keeps it. */
  nearest: z.boolean().default(false),
  /** Minutes that the search may take; it ends earlier when nothing more is promising. */
  minutes: z.number().positive().optional(),
  /** Samples that calibrate. */
  calibrationSamples: z.int().min(1).default(300),
  /** Of a training. Absent: as many as make 500 steps, but 3 at least and 40 at most. */
  epochs: z.int().min(1).optional(),
  /** Samples in a step of training. */
  batch: z.int().min(1).default(64),
  /** Threads and timed seconds per model when latency is measured. */
  latencyThreads: z.int().min(1).default(1),
  latencySeconds: z.number().positive().default(1),
  /** Share of the samples that is held out to judge by when there are no others for that. */
  heldOut: z.number().gt(0).lt(1).default(0.2),
  /** File in which finished trials are kept; a search with the same model, samples and options goes on from it. Models lie in a
   *  folder of the same name with .models behind it. */
  journal: z.string().min(1).optional(),
  /** Decides what is held out, and all training. */
  seed: z.int().min(0).default(0),
  /** Threads of training and judging; 0: the usable CPUs. Results do not depend on them. */
  threads: z.int().min(0).default(0),
});

export type CompleteCompressOptions = z.output<typeof compressOptions>;

/** Steps that a trained network takes to settle in another form. */
const usualSteps = 500;
const [fewestEpochs, mostEpochs] = [3, 40];

/** Epochs of a training on so many samples. */
export const epochsOf = ({ epochs, batch }: CompleteCompressOptions, lessons: number): number =>
  epochs ?? Math.min(mostEpochs, Math.max(fewestEpochs, Math.ceil((usualSteps * batch) / lessons)));
