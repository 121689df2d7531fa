// Options of optimisers as zod describes them: those of the functions, and of whoever names one by its name.
import { z } from 'zod';

/** Of what an average keeps in a step. */
const keptShare = z.number().min(0).lt(1);
const epsilon = z.number().positive().default(1e-8);

export const sgdShape = { momentum: keptShare.default(0), nesterov: z.boolean().default(false) };
export const adamShape = { beta1: keptShare.default(0.9), beta2: keptShare.default(0.999), epsilon };
export const adamWShape = { ...adamShape, decay: z.number().min(0).default(0.01) };
export const rmspropShape = { alpha: keptShare.default(0.99), momentum: keptShare.default(0), epsilon };
export const bopShape = { threshold: z.number().min(0).default(1e-8) };
