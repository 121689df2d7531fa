// Options of structured pruning: how many channels leave, and which.
import { z } from 'zod';
import { importances } from './importances/index.js';

const names = importances.map(({ name }) => name);

/** To be part of a strict object. */
export const refitShape = {
  /** Where samples are given, what is left of each layer is fitted to what the layer computed before (lib/compress/refit). */
  refit: z.boolean().default(true),
  /** Samples to fit by, drawn evenly over all; up to twice as many of a stream. */
  refitSamples: z.int().min(1).default(256),
};

export const channelOptions = z
  .strictObject({
    /** Share that leaves of the channels that may. */
    share: z.number().gt(0).lt(1).optional(),
    /** Share that stays of the multiply-accumulates of the model. */
    macs: z.number().gt(0).lt(1).optional(),
    /** Which channels leave first (lib/compress/channels/importances). */
    importance: z
      .string()
      .refine((name) => names.includes(name), { message: `expected one of ${names.join(', ')}` })
      .default('l2'),
    /** 'global': layers are ranked together; 'uniform': each loses the same share. */
    scope: z.enum(['global', 'uniform']).default('global'),
    /** A layer that loses channels is left with a multiple of this. */
    roundTo: z.int().min(1).default(8),
    /** Fewest channels that a layer keeps. */
    floor: z.int().min(1).default(1),
    /** Dims of inputs that the model leaves open, by name. */
    shapes: z.record(z.string(), z.array(z.int().min(1))).default({}),
    /** Of the importance 'random', and of the order of samples. */
    seed: z.int().min(0).default(0),
    ...refitShape,
    /** Samples in a batch, for importances that look at data. */
    batch: z.int().min(1).default(16),
  })
  .refine(({ share, macs }) => (share === undefined) !== (macs === undefined), {
    message: 'expected exactly one of share and macs',
  });

export type ChannelOptions = z.input<typeof channelOptions>;
export type CompleteChannelOptions = z.output<typeof channelOptions>;
