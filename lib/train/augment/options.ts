// Augmentations as one object of options.
import { z } from 'zod';
import type { Augment } from './augmentation.js';
import { augmentations } from './index.js';

/** {"shift":2,"flip":0.5}: augmentations by name, each with its number. */
export const augmentOptions = z.strictObject(
  Object.fromEntries(
    augmentations.map(({ name, most, summary, whole }) => [
      name,
      (whole ? z.int() : z.number()).positive().max(most).describe(summary).optional(),
    ]),
  ),
);

export type AugmentOptions = z.input<typeof augmentOptions>;

export const augmentsOf = (options: AugmentOptions): readonly Augment[] =>
  augmentations
    .filter(({ name }) => options[name] !== undefined)
    .map(({ name, make }) => make(options[name]!));
