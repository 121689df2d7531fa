// The budget as it is given.
import { z } from 'zod';

export const budgetOptions = z
  .strictObject({
    /** Largest loss of accuracy against the original, points of percent. */
    maxDrop: z.number().min(0).max(100).optional(),
    /** Least accuracy, percent. */
    minAccuracy: z.number().min(0).max(100).optional(),
    /** Most milliseconds of one run with one sample on this device, p50. */
    maxLatency: z.number().positive().optional(),
    /** At least this many times as fast as the original on this device. */
    speedUp: z.number().positive().optional(),
    /** Most bytes of the file. */
    maxBytes: z.number().positive().optional(),
    /** At least this many times smaller than the file of the original. */
    ratio: z.number().positive().optional(),
    /** Most bytes of the file compressed with deflate, as it is sent to devices. */
    maxDeflatedBytes: z.number().positive().optional(),
  })
  .refine((budget) => Object.values(budget).some((limit) => limit !== undefined), {
    message: `it is empty; give at least one of maxDrop, minAccuracy, maxLatency, speedUp, maxBytes, ratio, maxDeflatedBytes`,
  });

export type Budget = z.output<typeof budgetOptions>;
