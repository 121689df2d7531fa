// Options of binarisation.
import { z } from 'zod';
import { lossOptions, optimizerOptions, trainingShape } from '../../train/options.js';
import { binaryMethods } from './methods/index.js';

const names = binaryMethods.map(({ name }) => name);

const layerForm = z.enum(['keep', 'weights', 'binary']);

const layerChoice = z.strictObject({
  /** What the first and the last layer become. */
  first: layerForm.default('keep'),
  last: layerForm.default('keep'),
  /** Only these layers become binary, by node name; the others stay, whatever the other options say. */
  only: z.array(z.string()).optional(),
  /** Layers that stay, by node name. */
  keep: z.array(z.string()).default([]),
  /** As many layers stay in addition: those that do most damage when they alone are binary (sensitivity.ts). */
  keepSensitive: z.int().min(0).default(0),
});

export type LayerChoice = z.output<typeof layerChoice>;

export const binarizeOptions = z.strictObject({
  ...trainingShape,
  epochs: z.int().min(1).default(6),
  optimizer: optimizerOptions.prefault('adam'),
  loss: lossOptions.prefault('cross-entropy'),
  method: z
    .string()
    .refine((name) => names.includes(name), { message: `expected one of ${names.join(', ')}` })
    .default('bi-real'),
  /** Bits of the activations that binary layers read: 1, 8 (after training, by calibration) or 32. */
  activationBits: z.literal([1, 8, 32]).default(1),
  layers: layerChoice.prefault({}),
  /** Epochs of a first stage in which weights are still real. Absent: a third of all when the model is trained already. */
  activationEpochs: z.int().min(0).optional(),
  /** The model as it was, or the teachers given, teach the binary twin: weight of their answers (the labels have the rest) and
   *  their temperature. false: nobody does. Absent: they do when there are teachers or the model is trained already. */
  teach: z
    .union([
      z.literal(false),
      z.strictObject({
        softWeight: z.number().min(0).max(1).default(1),
        temperature: z.number().positive().default(1),
      }),
    ])
    .optional(),
  /** What becomes of layers that are not binary: INT8, calibrated on the training samples, or float. */
  rest: z.enum(['int8', 'float']).default('int8'),
});

export type CompleteBinarizeOptions = z.output<typeof binarizeOptions>;
