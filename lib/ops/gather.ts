// Slices of a tensor along one axis, chosen by indices of any rank.

import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import { gatherGradient } from './gradients/movement.js';
import { defineOp, inputType, inputValue, intAttr, noMacs } from './op.js';
import { type ChannelContext, type ChannelLink, inputEnd, outputEnd } from './shared/channels.js';
import { indexTypes, pick, typedInput } from './shared/elements.js';
import { indicesOf } from './shared/gathering.js';
import { readPlain } from './shared/layout.js';
import { movable } from './shared/move.js';

export const gather = defineOp({
  op: 'Gather',
  domain: '',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: 0 } },
  infer: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const indices = typedInput(ctx, 1, indexTypes);
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', 0), dims.length, ctx.where);
    return [{ dtype, dims: [...dims.slice(0, axis), ...indices.dims, ...dims.slice(axis + 1)] }];
  },
  reference: (ctx) => {
    const [x, indices] = [inputValue(ctx, 0), inputValue(ctx, 1)];
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', 0), x.dims.length, ctx.where);
    const [before, dim, after] = [x.dims.slice(0, axis), x.dims[axis]!, x.dims.slice(axis + 1)];
    const inner = sizeOf(after);
    const at = indicesOf(indices, dim, ctx.where);
    const block = at.length * inner;
    const offsets = Float64Array.from({ length: sizeOf(before) * block }, (_, i) => {
      const outer = Math.floor(i / block);
      return (outer * dim + at[Math.floor((i % block) / inner)]!) * inner + (i % inner);
    });
    return [pick(x, [...before, ...indices.dims, ...after], offsets)];
  },
  learns: [0],
  gradient: gatherGradient,
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', 0), dims.length, ctx.where);
    if (!movable(dtype) || dims[axis] === 0) return false;
    ctx.emit('gather', [readPlain(ctx, 0), readPlain(ctx, 1)], [ctx.write(0, 'plain')], {
      dims: [sizeOf(dims.slice(0, axis)), dims[axis]!, sizeOf(dims.slice(axis + 1))],
    });
    return true;
  },
  channels: { links: channelLinks },
});

/** Of the axes from which nothing is chosen. */
function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const { dims } = inputType(ctx, 0);
  const chosen = normalizeAxis(intAttr(ctx.node, 'axis', 0), dims.length, ctx.where);
  const more = inputType(ctx, 1).dims.length - 1;
  return dims.flatMap((count, axis) =>
    axis === chosen
      ? []
      : [{ count, ends: [inputEnd(0, axis), outputEnd(axis < chosen ? axis : axis + more)] }],
  );
}
