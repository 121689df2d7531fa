// Repeats a tensor to a shape by broadcasting.

import type { Node } from '../graph/graph.js';
import { broadcastDims } from '../tensor/shape.js';
import { i64 } from '../tensor/tensor.js';
import { expandGradient } from './gradients/movement.js';
import { defineOp, type InferContext, inputType, needValue, noMacs, type TensorType } from './op.js';
import {
  type ChannelContext,
  type ChannelLink,
  inputEnd,
  outputEnd,
  type ShrinkContext,
} from './shared/channels.js';
import { integersOf } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';
import { lowerInLayout, type Move, moveValues } from './shared/move.js';

export const expand = defineOp({
  op: 'Expand',
  domain: '',
  since: 8,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: {},
  infer,
  reference: (ctx) => {
    const known = knownContext(ctx);
    return moveValues(ctx.inputs, infer(known), [moveOf(known)]);
  },
  gradient: expandGradient,
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => lowerInLayout(ctx, [moveOf(ctx)]),
  channels: { links: channelLinks, shrink },
});

function infer(ctx: InferContext): readonly TensorType[] {
  const { dtype, dims } = inputType(ctx, 0);
  return [{ dtype, dims: broadcastDims([dims, integersOf(needValue(ctx, 1))], ctx.where) }];
}

function moveOf(ctx: InferContext): Move {
  const x = inputType(ctx, 0).dims;
  const y = infer(ctx)[0]!.dims;
  const shift = y.length - x.length;
  const loops = y.map((count, axis) => ({
    count,
    xAxis: Math.max(0, axis - shift),
    xStep: axis < shift || x[axis - shift] === 1 ? 0 : 1,
    yAxis: axis,
    yStep: 1,
  }));
  return { input: 0, output: 0, loops, xStart: [], yStart: [] };
}

/** What is repeated is made here: as many repeats leave as what they meet has lost channels. */
function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const x = inputType(ctx, 0).dims;
  const y = ctx.outputs[0]!.dims;
  return y.map((count, axis) => {
    const at = axis - y.length + x.length;
    return { count, ends: [...(at >= 0 && x[at] === count ? [inputEnd(0, at)] : []), outputEnd(axis)] };
  });
}

function shrink(ctx: ShrinkContext): Node {
  const shape = ctx.constant(1);
  if (shape === undefined) return ctx.node;
  const y = ctx.fewer.outputs[0]!;
  const asked = integersOf(shape);
  return ctx.withInput(
    ctx.node,
    1,
    i64(asked.map((d, i) => (d === 1 ? 1 : y[y.length - asked.length + i]!))),
  );
}
