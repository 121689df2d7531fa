// Every augmentation, one line each, in the order in which they are applied.
import { z } from 'zod';
import type { Augment, Augmentation } from './augmentation.js';
import { crop } from './crop.js';
import { flip } from './flip.js';
import { noise } from './noise.js';
import { shift } from './shift.js';

export const augmentations: readonly Augmentation[] = [crop, shift, flip, noise];

/** {"shift":2,"flip":0.5}: augmentations by name, each with its number. */
export const augmentOptions = z.strictObject(
  Object.fromEntries(
    augmentations.map(({ name, most, summary }) => [
      name,
      z.number().positive().max(most).describe(summary).optional(),
    ]),
  ),
);

export type AugmentOptions = z.input<typeof augmentOptions>;

export const augmentsOf = (options: AugmentOptions): readonly Augment[] =>
  augmentations
    .filter(({ name }) => options[name] !== undefined)
    .map(({ name, make }) => make(options[name]!));
