// Cuts a tensor along one axis into a sequence: single slices, pieces of one size, or pieces of given sizes.
import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import { sequence, type TensorValue, toNumbers } from '../tensor/tensor.js';
import { intAttr, type ReferenceContext } from './op.js';
import { pick } from './shared/elements.js';
import { illegalShape } from './shared/illegal.js';
import { sequenceOp, tensorIn } from './shared/sequence.js';

export const splitToSequence = sequenceOp({
  op: 'SplitToSequence',
  since: 11,
  inputs: [1, 2],
  attributes: { axis: { type: 'int', default: 0 }, keepdims: { type: 'int', default: 1 } },
  reference: (ctx) => {
    const x = tensorIn(ctx, 0);
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', 0), x.dims.length, ctx.where);
    const squeeze = ctx.inputs[1] === undefined && intAttr(ctx.node, 'keepdims', 1) === 0;
    let start = 0;
    const pieces = sizesOf(ctx, x.dims[axis]).map((size) => {
      const piece = slice(x, axis, start, size);
      start += size;
      return squeeze ? { ...piece, dims: piece.dims.toSpliced(axis, 1) } : piece;
    });
    return sequence(x.dtype, pieces);
  },
});

function sizesOf(ctx: ReferenceContext, total: number): number[] {
  if (ctx.inputs[1] === undefined) return new Array<number>(total).fill(1);
  const split = tensorIn(ctx, 1);
  const given = Array.from(toNumbers(split));
  if (split.dims.length > 0) {
    if (given.some((n) => n < 0) || given.reduce((a, b) => a + b, 0) !== total)
      illegalShape(`sizes with sum ${total}`, ctx.where, given);
    return given;
  }
  const [size] = given;
  if (!(size > 0)) illegalShape('a size of 1 or more', ctx.where, size);
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => Math.min(size, total - i * size));
}

/** `size` positions of an axis from `start` on. */
function slice(x: TensorValue, axis: number, start: number, size: number): TensorValue {
  const inner = sizeOf(x.dims.slice(axis + 1));
  const dims = x.dims.with(axis, size);
  const offsets = Float64Array.from({ length: sizeOf(dims) }, (_, i) => {
    const outer = Math.floor(i / (inner * size));
    return (outer * x.dims[axis] + start) * inner + (i % (inner * size));
  });
  return pick(x, dims, offsets);
}
