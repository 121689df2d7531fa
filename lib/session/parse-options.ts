// Options of a function or method, given as one object and described by a zod schema.
import type { z } from 'zod';
import { KompaktError } from '../errors.js';

/** Options checked and completed with defaults. Throws KPT_OPTION_INVALID naming each option at fault. */
export function parseOptions<T extends z.ZodType>(schema: T, options: unknown, of: string): z.output<T> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const path = issue.path.join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  throw new KompaktError('KPT_OPTION_INVALID', `Options of ${of}: ${problems.join('; ')}.`, { problems });
}
