// Permutes the axes; reversed by default.

import { expected, KompaktError } from '../errors.js';
import type { Node } from '../graph/graph.js';
import { type Dims, sameDims, sizeOf } from '../tensor/shape.js';
import { transposeGradient } from './gradients/movement.js';
import { defineOp, type InferContext, inputType, intsAttr, type Layout, noMacs } from './op.js';
import { type ChannelContext, type ChannelLink, inputEnd, outputEnd } from './shared/channels.js';
import { knownContext } from './shared/known-context.js';
import { axisOrder, permuteDims, readAsIs } from './shared/layout.js';
import { type Loop, lowerMoves, movable, moveValues } from './shared/move.js';

export const transpose = defineOp({
  op: 'Transpose',
  domain: '',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { perm: { type: 'ints', default: null } },
  infer,
  reference: (ctx) =>
    moveValues(ctx.inputs, infer(knownContext(ctx)), [moveOf(ctx.node, ctx.inputs[0]!.dims)]),
  gradient: transposeGradient,
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => {
    const { dims, dtype } = ctx.outputs[0]!;
    if (!movable(dtype)) return false;
    const perm = permutation(ctx.node, dims.length, ctx.where);
    const from = axisOrder(dims.length, ctx.layoutOf(0));
    for (const layout of ['plain', 'channels-last'] as readonly Layout[]) {
      const order = axisOrder(dims.length, layout);
      if (!sameMemory(inputType(ctx, 0).dims, from, permuteDims(perm, order))) continue;
      ctx.alias(0, ctx.reshape(readAsIs(ctx, 0).buffer, permuteDims(dims, order)), layout);
      return true;
    }
    return lowerMoves(ctx, [moveOf(ctx.node, inputType(ctx, 0).dims)], (i) => ctx.layoutOf(i), 'plain');
  },
  channels: { links: channelLinks },
});

function infer(ctx: InferContext) {
  const x = inputType(ctx, 0);
  return [{ dtype: x.dtype, dims: permuteDims(x.dims, permutation(ctx.node, x.dims.length, ctx.where)) }];
}

function permutation(node: Node, rank: number, where: string): readonly number[] {
  const axes = Array.from({ length: rank }, (_, i) => i);
  const perm = intsAttr(node, 'perm') ?? axes.toReversed();
  if (
    !sameDims(
      [...perm].sort((a, b) => a - b),
      axes,
    )
  )
    throw new KompaktError('KPT_ATTRIBUTE_INVALID', expected(`a permutation of ${rank} axes`, where, perm));
  return perm;
}

const moveOf = (node: Node, dims: Dims) => ({
  input: 0,
  output: 0,
  loops: permutation(node, dims.length, node.name).map(
    (axis, i): Loop => ({ count: dims[axis]!, xAxis: axis, xStep: 1, yAxis: i, yStep: 1 }),
  ),
  xStart: [],
  yStart: [],
});

/** True when both orders visit the axes longer than 1 alike: the memory is the same. */
function sameMemory(dims: Dims, a: readonly number[], b: readonly number[]): boolean {
  const long = (order: readonly number[]) => order.filter((axis) => dims[axis] !== 1);
  return sizeOf(dims) === 0 || sameDims(long(a), long(b));
}

function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const { dims } = inputType(ctx, 0);
  return permutation(ctx.node, dims.length, ctx.where).map((from, to) => ({
    count: dims[from]!,
    ends: [inputEnd(0, from), outputEnd(to)],
  }));
}
