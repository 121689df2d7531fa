// Joins tensors along one axis.

import { expected, KompaktError } from '../errors.js';
import type { Node } from '../graph/graph.js';
import { normalizeAxis } from '../tensor/shape.js';
import { concatGradient } from './gradients/movement.js';
import {
  defineOp,
  type InferContext,
  type IntegerContext,
  inputType,
  intAttr,
  noMacs,
  type TensorType,
} from './op.js';
import { type ChannelContext, type ChannelLink, inputEnd, outputEnd } from './shared/channels.js';
import { alikeInputs, allTypes } from './shared/elements.js';
import { outputScale, scaledInputs } from './shared/integer-arithmetic.js';
import { knownContext } from './shared/known-context.js';
import { boxLoops, lowerMoves, type Move, moveValues } from './shared/move.js';
import { isByteScale } from './shared/scalar-table.js';

export const concat = defineOp({
  op: 'Concat',
  domain: '',
  since: 4,
  inputs: [1, Number.POSITIVE_INFINITY],
  outputs: [1, 1],
  attributes: { axis: { type: 'int' } },
  infer,
  reference: (ctx) => moveValues(ctx.inputs, infer(knownContext(ctx)), moves(knownContext(ctx))),
  gradient: concatGradient,
  cost: noMacs,
  quantize: { kind: 'arithmetic', data: 'all', integer },
  lower: (ctx) => {
    const exists = ctx.inputs.some((x, i) => x!.dims.length > 2 && ctx.layoutOf(i) === 'channels-last');
    const layout = exists ? 'channels-last' : 'plain';
    return lowerMoves(ctx, moves(ctx), () => layout, layout);
  },
  channels: { links: channelLinks },
});

const axisOf = (node: Node, rank: number, where: string): number =>
  normalizeAxis(intAttr(node, 'axis'), rank, where);

function infer(ctx: InferContext): readonly TensorType[] {
  const types = alikeInputs(ctx, allTypes);
  const { dtype, dims } = types[0]!;
  const axis = axisOf(ctx.node, dims.length, ctx.where);
  for (const t of types)
    if (t.dims.length !== dims.length || t.dims.some((d, i) => i !== axis && d !== dims[i]))
      throw new KompaktError(
        'KPT_SHAPE_MISMATCH',
        expected(`dims like [${dims.join(',')}] but for axis ${axis}`, ctx.where, t.dims),
      );
  const joined = types.reduce((sum, t) => sum + t.dims[axis]!, 0);
  return [{ dtype, dims: dims.with(axis, joined) }];
}

function moves(ctx: InferContext): Move[] {
  let at = 0;
  return ctx.inputs.map((_, input) => {
    const { dims } = inputType(ctx, input);
    const axis = axisOf(ctx.node, dims.length, ctx.where);
    const yStart = dims.map((_, i) => (i === axis ? at : 0));
    at += dims[axis]!;
    return { input, output: 0, loops: boxLoops(dims), xStart: [], yStart };
  });
}

function integer(ctx: IntegerContext): readonly Node[] | null {
  const { output } = ctx;
  const parts = isByteScale(output) ? scaledInputs(ctx, [...ctx.node.inputs.keys()], output) : null;
  if (!isByteScale(output) || parts === null) return null;
  return [
    {
      name: ctx.fresh(`${ctx.node.name}_quantized`),
      op: 'QLinearConcat',
      domain: 'com.microsoft',
      inputs: [...outputScale(ctx, output), ...parts.flat()],
      outputs: [ctx.outputName],
      attributes: ctx.node.attributes,
    },
  ];
}

function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const { dims } = ctx.outputs[0]!;
  const joined = axisOf(ctx.node, dims.length, ctx.where);
  let start = 0;
  const parts = ctx.inputs.map((_, i) => {
    const count = inputType(ctx, i).dims[joined]!;
    const link = { count, ends: [inputEnd(i, joined), outputEnd(joined, { start })] };
    start += count;
    return link;
  });
  const others = dims.flatMap((count, axis) =>
    axis === joined
      ? []
      : [{ count, ends: [...ctx.inputs.map((_, i) => inputEnd(i, axis)), outputEnd(axis)] }],
  );
  return [...parts, ...others];
}
