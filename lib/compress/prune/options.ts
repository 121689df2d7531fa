// Options of magnitude pruning.
import { z } from 'zod';
import { distributions } from './distributions/index.js';

const names = distributions.map(({ name }) => name);

/** What is pruned and how much; to be part of a strict object. */
export const pruneShape = {
  /** Share of zeros among the weights of all pruned layers together. */
  sparsity: z.number().min(0).lt(1),
  /** How the layers share the zeros (lib/compress/prune/distributions). */
  distribution: z
    .string()
    .refine((name) => names.includes(name), { message: `expected one of ${names.join(', ')}` })
    .default('lamp'),
  layers: z
    .strictObject({
      /** Only these layers are pruned, by node name. */
      only: z.array(z.string()).optional(),
      /** Layers that stay, by node name. */
      keep: z.array(z.string()).default([]),
    })
    .prefault({}),
};

/** Of pruning while training. */
export const prunedTrainingOptions = z
  .strictObject({
    ...pruneShape,
    /** 'kept': the zeros that the model has stay, and no other is made. */
    sparsity: z.union([pruneShape.sparsity, z.literal('kept')]),
    /** Shares of the run between which the number of zeros rises. */
    begin: z.number().min(0).max(1).default(0),
    end: z.number().min(0).max(1).default(0.7),
  })
  .refine(({ begin, end }) => begin <= end, { message: 'begin is behind end' });

export type PrunedTrainingOptions = z.input<typeof prunedTrainingOptions>;
export type CompletePrunedTrainingOptions = z.output<typeof prunedTrainingOptions>;
export type LayerChoice = CompletePrunedTrainingOptions['layers'];
