// What the scatter operators share: updates meet a copy of the data at offsets; which reductions are native.
import { type DType, dtypes } from '../../tensor/dtype.js';
import type { TensorValue } from '../../tensor/tensor.js';
import type { ScatterReduction } from '../moving-steps.js';
import { type LowerContext, stringAttr } from '../op.js';
import { type Element, elementsOf, fromElements } from './elements.js';
import { scatterReduction } from './gathering.js';
import { movable } from './move.js';

export function scatterAt(
  data: TensorValue,
  updates: TensorValue,
  offsets: ArrayLike<number>,
  reduction: string,
  where: string,
): TensorValue {
  const combine = scatterReduction(reduction, where) as (old: Element, update: Element) => Element;
  // Sums and products of integers keep their low bits, which numbers may lose.
  const exact = (t: TensorValue): Element[] =>
    Array.from(elementsOf(t), (v) => (dtypes[data.dtype].integer ? BigInt(v) : v));
  const values = exact(data);
  const update = exact(updates);
  const rounded = (v: Element): Element =>
    data.dtype === 'float32' && typeof v === 'number' ? Math.fround(v) : v;
  for (let i = 0; i < offsets.length; i++)
    values[offsets[i]!] = rounded(combine(values[offsets[i]!]!, update[i]!));
  return fromElements(data.dtype, data.dims, values);
}

/** Types of the engine in which a sum or product is what it is as stored, and those that keep their order there. */
const summed: readonly DType[] = ['float32', 'int32', 'int64', 'uint8', 'uint32', 'uint64'];
const ordered: readonly DType[] = ['float32', 'int32', 'int64', 'uint8', 'int8', 'bool'];

/** The reduction of a node, where it is native. */
export function nativeReduction(ctx: LowerContext): ScatterReduction | undefined {
  const reduction = stringAttr(ctx.node, 'reduction', 'none');
  const { dtype } = ctx.outputs[0]!;
  const native: Readonly<Record<string, boolean>> = {
    none: movable(dtype),
    add: summed.includes(dtype),
    mul: summed.includes(dtype),
    max: ordered.includes(dtype),
    min: ordered.includes(dtype),
  };
  return native[reduction] ? (reduction as ScatterReduction) : undefined;
}
