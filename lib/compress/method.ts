// The contract of a compression method: one published way to make a model smaller or faster, in a file of its own.
import type { z } from 'zod';

export { parseOptions } from '../session/parse-options.js';

export interface Method {
  readonly name: string;
  readonly summary: string;
  /** Paper and section, and what differs here. */
  readonly source: string;
  /** All options in one object; unknown keys are errors. */
  readonly options: z.ZodType;
}
