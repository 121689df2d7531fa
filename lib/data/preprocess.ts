// How stored samples become what a model was trained on: x' = (x * scale - mean[c]) / std[c].
import { z } from 'zod';
import { KompaktError } from '../errors.js';

const perChannel = z
  .union([z.number(), z.array(z.number()).min(1).readonly()])
  .transform((value) => [value].flat());

export const preprocessSchema = z.strictObject({
  /** Applied before mean and std; 1/255 makes 0..1 of bytes. */
  scale: z.number().default(1),
  /** One value, or one per channel. */
  mean: perChannel.default([0]),
  std: perChannel.refine((values) => values.every((v) => v !== 0), 'must not be 0').default([1]),
  /** Order of the model's input; found from its shape when absent. */
  layout: z.enum(['NCHW', 'NHWC']).optional(),
  /** Channels that the model wants. Stored pictures are RGB; absent: as stored. */
  color: z.enum(['rgb', 'bgr', 'gray']).optional(),
  /** [height, width] to which picture files are stretched; the model's own size when absent. */
  size: z.tuple([z.number().int().positive(), z.number().int().positive()]).optional(),
});

export type PreprocessOptions = z.input<typeof preprocessSchema>;
export type Preprocess = z.output<typeof preprocessSchema>;

/** Checks options given as an object or as JSON text. Throws KPT_OPTION_INVALID. */
export function parsePreprocess(options: PreprocessOptions | string = {}): Preprocess {
  const parsed = preprocessSchema.safeParse(typeof options === 'string' ? parseJson(options) : options);
  if (parsed.success) return parsed.data;
  throw new KompaktError(
    'KPT_OPTION_INVALID',
    `The option preprocess is wrong: ${z.prettifyError(parsed.error)}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new KompaktError('KPT_OPTION_INVALID', `The option preprocess is not JSON: ${text}`, {}, error);
  }
}
