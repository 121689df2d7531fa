// The contract of a compression method: one published way to make a model smaller or faster, in a file of its own.
import type { z } from 'zod';
import { KompaktError } from '../errors.js';

export interface Method {
  readonly name: string;
  readonly summary: string;
  /** Paper and section, and what differs here. */
  readonly source: string;
  /** All options in one object; unknown keys are errors. */
  readonly options: z.ZodType;
}

/** Options checked and completed with defaults. Throws KPT_OPTION_INVALID naming each option at fault. */
export function parseOptions<T extends z.ZodType>(schema: T, options: unknown, method: string): z.output<T> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const path = issue.path.join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  throw new KompaktError('KPT_OPTION_INVALID', `Options of ${method}: ${problems.join('; ')}.`, { problems });
}
