// Values of a trial as options of a method: 'regularize.l2' = 0.001 becomes {"regularize":{"l2":0.001}}.
import type { Json, Values } from './space.js';

export type Options = Readonly<Record<string, unknown>>;

/** The options with the values at their paths. What has a name alone, as the optimiser "sgd", gets room for more:
 *  {"name":"sgd","momentum":0.9}. */
export function withValues(options: Options, values: Values): Options {
  let result = options;
  // Whole objects before their parts.
  for (const [path, value] of Object.entries(values).toSorted(([a], [b]) => depth(a) - depth(b)))
    result = withValue(result, path.split('.'), value);
  return result;
}

const depth = (path: string): number => path.split('.').length;

function withValue(options: Options, [first, ...rest]: readonly string[], value: Json): Options {
  if (rest.length === 0) return { ...options, [first!]: value };
  const inner = options[first!];
  const object = typeof inner === 'string' ? { name: inner } : ((inner ?? {}) as Options);
  return { ...options, [first!]: withValue(object, rest, value) };
}
