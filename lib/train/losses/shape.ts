// Shapes that losses ask for.
import { expected, KompaktError } from '../../errors.js';
import type { TrainingValue } from '../training.js';

/** Throws KPT_OPTION_INVALID unless `value` has one of the ranks. */
export function requireRank(value: TrainingValue, ranks: number | readonly number[], what: string): void {
  const allowed = [ranks].flat();
  if (!allowed.includes(value.dims.length))
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      expected(
        `rank ${allowed.join(' or ')}`,
        `value '${value.name}' of ${what}`,
        `shape [${value.dims.join(',')}]`,
      ),
    );
}
