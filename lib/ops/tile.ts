// Repeats a tensor a number of times along each axis.

import { expected, KompaktError } from '../errors.js';
import { tileGradient } from './gradients/movement.js';
import { defineOp, type InferContext, inputType, needValue, noMacs, type TensorType } from './op.js';
import { type ChannelContext, type ChannelLink, inputEnd, outputEnd } from './shared/channels.js';
import { integersOf } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';
import { boxLoops, type Loop, lowerInLayout, type Move, moveValues } from './shared/move.js';

export const tile = defineOp({
  op: 'Tile',
  domain: '',
  since: 6,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: {},
  infer,
  reference: (ctx) => {
    const known = knownContext(ctx);
    return moveValues(ctx.inputs, infer(known), [moveOf(known)]);
  },
  gradient: tileGradient,
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => lowerInLayout(ctx, [moveOf(ctx)]),
  channels: { links: channelLinks },
});

function repeats(ctx: InferContext): readonly number[] {
  const { dims } = inputType(ctx, 0);
  const times = integersOf(needValue(ctx, 1));
  if (times.length !== dims.length || times.some((n) => n < 0))
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`${dims.length} repeats, none negative,`, ctx.where, times),
    );
  return times;
}

function infer(ctx: InferContext): readonly TensorType[] {
  const { dtype, dims } = inputType(ctx, 0);
  const times = repeats(ctx);
  return [{ dtype, dims: dims.map((d, i) => d * times[i]!) }];
}

/** Per axis two loops: over the repeats, where the input stands still, and over the elements. */
function moveOf(ctx: InferContext): Move {
  const { dims } = inputType(ctx, 0);
  const inner = boxLoops(dims);
  const loops = repeats(ctx).flatMap((count, axis): Loop[] => [
    { count, xAxis: axis, xStep: 0, yAxis: axis, yStep: dims[axis]! },
    inner[axis]!,
  ]);
  return { input: 0, output: 0, loops, xStart: [], yStart: [] };
}

function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const times = repeats(ctx);
  return inputType(ctx, 0).dims.map((count, axis) => ({
    count,
    ends: [inputEnd(0, axis), outputEnd(axis, { outer: times[axis]! })],
  }));
}
