// A box of a tensor, with steps (also negative) along some axes.

import { expected, KompaktError } from '../errors.js';
import type { Node } from '../graph/graph.js';
import { normalizeAxis } from '../tensor/shape.js';
import { i64 } from '../tensor/tensor.js';
import { sourcesGradient } from './gradients/movement.js';
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

export const slice = defineOp({
  op: 'Slice',
  domain: '',
  since: 10,
  inputs: [3, 5],
  outputs: [1, 1],
  attributes: {},
  infer,
  reference: (ctx) => {
    const known = knownContext(ctx);
    return moveValues(ctx.inputs, infer(known), [moveOf(known)]);
  },
  gradient: (ctx) => [sourcesGradient(ctx, sources(ctx))],
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => lowerInLayout(ctx, [moveOf(ctx)]),
  channels: { links: channelLinks, shrink },
});

interface Range {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

function infer(ctx: InferContext): readonly TensorType[] {
  return [{ dtype: inputType(ctx, 0).dtype, dims: ranges(ctx).map((r) => r.count) }];
}

function moveOf(ctx: InferContext): Move {
  const axes = ranges(ctx);
  return {
    input: 0,
    output: 0,
    loops: axes.map((r, axis) => ({ count: r.count, xAxis: axis, xStep: r.step, yAxis: axis, yStep: 1 })),
    xStart: axes.map((r) => (r.count === 0 ? 0 : r.start)),
    yStart: [],
  };
}

/** For every axis that is cut, where each element of the output was read. */
const sources = (ctx: InferContext): (readonly number[] | undefined)[] =>
  ranges(ctx).map((r, axis) =>
    r.count === inputType(ctx, 0).dims[axis] && r.step === 1
      ? undefined
      : Array.from({ length: r.count }, (_, i) => r.start + i * r.step),
  );

/** What is taken along every axis of the input. */
function ranges(ctx: InferContext): Range[] {
  const { dims } = inputType(ctx, 0);
  const starts = integersOf(needValue(ctx, 1));
  const ends = integersOf(needValue(ctx, 2));
  const axes = ctx.inputs[3] === undefined ? starts.map((_, i) => i) : integersOf(needValue(ctx, 3));
  const steps = ctx.inputs[4] === undefined ? starts.map(() => 1) : integersOf(needValue(ctx, 4));
  if ([ends, axes, steps].some((list) => list.length !== starts.length) || steps.includes(0))
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected('starts, ends, axes and steps (not 0) of one length', ctx.where, steps),
    );
  const result: Range[] = dims.map((count) => ({ start: 0, step: 1, count }));
  axes.forEach((given, i) => {
    const axis = normalizeAxis(given, dims.length, ctx.where);
    result[axis] = rangeOf(dims[axis]!, starts[i]!, ends[i]!, steps[i]!);
  });
  return result;
}

/** Negative positions count from the end; then they are clamped to what the direction of the step allows. */
function rangeOf(dim: number, start: number, end: number, step: number): Range {
  const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
  const clamp = (at: number, floor: number) => Math.max(floor, Math.min(high, at < 0 ? at + dim : at));
  const from = clamp(start, 0);
  const to = clamp(end, low);
  return { start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const { dims } = inputType(ctx, 0);
  return ranges(ctx).flatMap(({ start, step, count }, axis): ChannelLink[] => {
    const after = start + count;
    if (step !== 1 || count === 0) return [];
    return [
      { count: start, ends: [inputEnd(0, axis)] },
      { count, ends: [inputEnd(0, axis, { start }), outputEnd(axis)] },
      { count: dims[axis]! - after, ends: [inputEnd(0, axis, { start: after })] },
    ];
  });
}

function shrink(ctx: ShrinkContext): Node {
  const [starts, ends] = [ctx.constant(1), ctx.constant(2)];
  const { dims } = inputType(ctx, 0);
  if (starts === undefined || ends === undefined) return ctx.node;
  const cut = ranges(ctx);
  const [from, to] = [starts, ends].map((list) => integersOf(list).map(inReach));
  const axes = ctx.inputs[3] === undefined ? from!.map((_, i) => i) : integersOf(needValue(ctx, 3));
  axes.forEach((given, i) => {
    const axis = normalizeAxis(given, dims.length, ctx.where);
    if (ctx.fewer.inputs[0]![axis] === dims[axis]) return;
    from![i] = ctx.kept('input', 0, axis).filter((index) => index < cut[axis]!.start).length;
    to![i] = from![i]! + ctx.fewer.outputs[0]![axis]!;
  });
  return ctx.withInput(ctx.withInput(ctx.node, 1, i64(from!)), 2, i64(to!));
}

/** Positions far beyond any dim, as files have them, are none that a number holds. */
const inReach = (position: number): number => Math.max(-(2 ** 31), Math.min(2 ** 31, position));
