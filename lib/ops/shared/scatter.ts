// The common end of the scatter operators: writes updates at offsets into a copy of the data.
import type { TensorValue } from '../../tensor/tensor.js';
import { type Element, elementsOf, fromElements } from './elements.js';
import { scatterReduction } from './gathering.js';

export function scatterAt(
  data: TensorValue,
  updates: TensorValue,
  offsets: ArrayLike<number>,
  reduction: string,
  where: string,
): TensorValue {
  const combine = scatterReduction(reduction, where) as (old: Element, update: Element) => Element;
  const values = Array.from(elementsOf(data));
  const update = elementsOf(updates);
  const rounded = (v: Element): Element =>
    data.dtype === 'float32' && typeof v === 'number' ? Math.fround(v) : v;
  for (let i = 0; i < offsets.length; i++)
    values[offsets[i]!] = rounded(combine(values[offsets[i]!]!, update[i]!));
  return fromElements(data.dtype, data.dims, values);
}
