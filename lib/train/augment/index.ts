// Every augmentation, one line each, in the order in which they are applied.
import type { Augmentation } from './augmentation.js';
import { crop } from './crop.js';
import { cutout } from './cutout.js';
import { erase } from './erase.js';
import { flip } from './flip.js';
import { noise } from './noise.js';
import { shift } from './shift.js';

export const augmentations: readonly Augmentation[] = [crop, shift, flip, noise, erase, cutout];
