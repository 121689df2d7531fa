// Coordinates and index values for the operators that read or write at computed places.
import { expected, KompaktError } from '../../errors.js';
import type { Dims } from '../../tensor/shape.js';
import { type TensorValue, toNumbers } from '../../tensor/tensor.js';

/** Indices as numbers in [0, limit): negative ones count from the end. */
export function indicesOf(t: TensorValue, limit: number, where: string): Float64Array {
  return toNumbers(t).map((index) => checkedIndex(index, limit, where));
}

/** One index in [0, limit), counted from the end when negative. */
function checkedIndex(index: number, limit: number, where: string): number {
  const at = index < 0 ? index + limit : index;
  if (!(at >= 0 && at < limit))
    throw new KompaktError(
      'KPT_DATA_MALFORMED',
      expected(`an index in [${-limit},${limit - 1}]`, where, index),
    );
  return at;
}

/** For every tuple along the last axis of the indices: its row-major position in `dims`. */
export function tupleOffsets(indices: TensorValue, dims: Dims, where: string): Float64Array {
  const values = toNumbers(indices);
  return Float64Array.from({ length: values.length / dims.length }, (_, k) =>
    dims.reduce((at, dim, i) => at * dim + checkedIndex(values[k * dims.length + i]!, dim, where), 0),
  );
}

/** Combines an old and an update element: the `reduction` of the scatter operators. */
export function scatterReduction(
  name: string,
  where: string,
): <T extends number | bigint>(old: T, update: T) => T {
  const found = reductions[name];
  if (found === undefined)
    throw new KompaktError(
      'KPT_ATTRIBUTE_INVALID',
      expected(`a reduction of ${Object.keys(reductions).join(', ')}`, where, name),
    );
  return found as never;
}

const reductions: Readonly<Record<string, (old: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  // Comparisons, not Math.max: the elements may be bigints.
  // biome-ignore lint/complexity/useMathMinMax: see above
  max: (old, update) => (old > update ? old : update),
  // biome-ignore lint/complexity/useMathMinMax: see above
  min: (old, update) => (old < update ? old : update),
};
