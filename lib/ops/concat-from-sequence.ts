// Joins the elements of a sequence along an axis that they have, or stacks them along a new one.
import { normalizeAxis, sameDims, sizeOf } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';
import { inputValue, intAttr } from './op.js';
import { type Element, fromRaw } from './shared/elements.js';
import { illegalShape } from './shared/illegal.js';
import { elementsIn, sequenceOp } from './shared/sequence.js';

export const concatFromSequence = sequenceOp({
  op: 'ConcatFromSequence',
  since: 11,
  inputs: [1, 1],
  attributes: { axis: { type: 'int' }, new_axis: { type: 'int', default: 0 } },
  reference: (ctx) => {
    const elements = elementsIn(ctx, 0);
    if (elements.length === 0) illegalShape('a sequence with elements', ctx.where, 'none');
    const stacks = intAttr(ctx.node, 'new_axis', 0) === 1;
    const axis = normalizeAxis(intAttr(ctx.node, 'axis'), elements[0].dims.length, ctx.where, stacks);
    const parts = stacks
      ? elements.map((part) => ({ ...part, dims: part.dims.toSpliced(axis, 0, 1) }))
      : elements;
    const { dims } = parts[0];
    const odd = parts.find((part) => !sameDims(part.dims.toSpliced(axis, 1), dims.toSpliced(axis, 1)));
    if (odd !== undefined) illegalShape(`dims like [${dims}] but for axis ${axis}`, ctx.where, odd.dims);
    return joined(inputValue(ctx, 0), parts, axis);
  },
});

function joined({ dtype }: TensorValue, parts: readonly TensorValue[], axis: number): TensorValue {
  const { dims } = parts[0];
  const total = parts.reduce((sum, part) => sum + part.dims[axis], 0);
  const values: Element[] = [];
  for (let o = 0; o < sizeOf(dims.slice(0, axis)); o++)
    for (const part of parts) {
      const run = sizeOf(part.dims.slice(axis));
      for (let i = 0; i < run; i++) values.push(part.data[o * run + i]);
    }
  return fromRaw(dtype, dims.with(axis, total), values);
}
