// Cuts a tensor along one axis into pieces of given sizes, or into equal pieces (the last may be smaller).

import { expected, KompaktError } from '../errors.js';
import { attr } from '../graph/attribute.js';
import type { Node } from '../graph/graph.js';
import { normalizeAxis } from '../tensor/shape.js';
import { i64 } from '../tensor/tensor.js';
import { splitGradient } from './gradients/movement.js';
import { defineOp, type InferContext, inputType, intAttr, needValue, noMacs, type TensorType } from './op.js';
import {
  type ChannelContext,
  type ChannelLink,
  inputEnd,
  outputEnd,
  type ShrinkContext,
} from './shared/channels.js';
import { integersOf } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';
import { boxLoops, lowerInLayout, type Move, moveValues } from './shared/move.js';

export const split = defineOp({
  op: 'Split',
  domain: '',
  since: 13,
  inputs: [1, 2],
  outputs: [1, Number.POSITIVE_INFINITY],
  attributes: { axis: { type: 'int', default: 0 }, num_outputs: { type: 'int', default: null } },
  infer,
  reference: (ctx) => {
    const known = knownContext(ctx);
    return moveValues(ctx.inputs, infer(known), moves(known));
  },
  gradient: splitGradient,
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => lowerInLayout(ctx, moves(ctx)),
  channels: { links: channelLinks, shrink },
});

const axisOf = (ctx: InferContext): number =>
  normalizeAxis(intAttr(ctx.node, 'axis', 0), inputType(ctx, 0).dims.length, ctx.where);

function infer(ctx: InferContext): readonly TensorType[] {
  const { dtype, dims } = inputType(ctx, 0);
  const axis = axisOf(ctx);
  return sizes(ctx, dims[axis]!).map((part) => ({ dtype, dims: dims.with(axis, part) }));
}

function moves(ctx: InferContext): Move[] {
  const axis = axisOf(ctx);
  let at = 0;
  return infer(ctx).map(({ dims }, output) => {
    const xStart = dims.map((_, i) => (i === axis ? at : 0));
    at += dims[axis]!;
    return { input: 0, output, loops: boxLoops(dims), xStart, yStart: [] };
  });
}

function sizes(ctx: InferContext, total: number): readonly number[] {
  const count = ctx.node.outputs.length;
  if (ctx.inputs[1] !== undefined) {
    const given = integersOf(needValue(ctx, 1));
    if (given.length !== count || given.some((n) => n < 0) || given.reduce((a, b) => a + b, 0) !== total)
      throw new KompaktError(
        'KPT_SHAPE_MISMATCH',
        expected(`${count} sizes with sum ${total}`, ctx.where, given),
      );
    return given;
  }
  const asked = intAttr(ctx.node, 'num_outputs', count);
  const part = Math.ceil(total / count);
  if (asked !== count || (count > 1 && part * (count - 1) > total))
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`a dim that splits into num_outputs = ${asked} (${count} outputs)`, ctx.where, total),
    );
  return Array.from({ length: count }, (_, i) => Math.min(part, total - part * i));
}

function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const { dims } = inputType(ctx, 0);
  const cut = axisOf(ctx);
  let start = 0;
  const parts = sizes(ctx, dims[cut]!).map((count, i) => {
    const link = { count, ends: [inputEnd(0, cut, { start }), outputEnd(cut, {}, i)] };
    start += count;
    return link;
  });
  const others = dims.flatMap((count, axis) =>
    axis === cut
      ? []
      : [{ count, ends: [inputEnd(0, axis), ...ctx.outputs.map((_, i) => outputEnd(axis, {}, i))] }],
  );
  return [...parts, ...others];
}

/** Pieces that were equal need not be so any more: the node names their sizes then. */
function shrink(ctx: ShrinkContext): Node {
  const cut = axisOf(ctx);
  const { num_outputs: _, ...attributes } = ctx.node.attributes;
  const node = { ...ctx.node, attributes: { ...attributes, axis: attr.int(cut) } };
  return ctx.withInput(node, 1, i64(ctx.fewer.outputs.map((dims) => dims[cut]!)));
}
