// How stored samples become what a model was trained on: x' = (x * scale - mean[c]) / std[c].
import { createRequire } from 'node:module';
import type * as Zod from 'zod';
import { KompaktError } from '../errors.js';

const describe = ({ z }: typeof Zod) => {
  const perChannel = z
    .union([z.number(), z.array(z.number()).min(1).readonly()])
    .transform((value) => [value].flat());
  return z.strictObject({
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
};

type Schema = ReturnType<typeof describe>;
export type PreprocessOptions = Zod.input<Schema>;
export type Preprocess = Zod.output<Schema>;

let zod: typeof Zod | undefined;
let schema: Schema | undefined;

/** Checks options given as an object or as JSON text. Throws KPT_OPTION_INVALID. */
export function parsePreprocess(options: PreprocessOptions | string = {}): Preprocess {
  // Loaded here: programs that only run models need no zod, and loading it takes longer than making a small session.
  zod ??= createRequire(import.meta.url)('zod') as typeof Zod;
  schema ??= describe(zod);
  const parsed = schema.safeParse(typeof options === 'string' ? parseJson(options) : options);
  if (parsed.success) return parsed.data;
  throw new KompaktError(
    'KPT_OPTION_INVALID',
    `The option preprocess is wrong: ${zod.prettifyError(parsed.error)}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new KompaktError('KPT_OPTION_INVALID', `The option preprocess is not JSON: ${text}`, {}, error);
  }
}
