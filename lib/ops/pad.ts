// Adds (or with negative counts removes) elements around a tensor: a constant, the mirror image, the edge, or the
// opposite side. Along each axis the output is a few runs of the input; a copy for each combination makes the whole.

import { expected, KompaktError } from '../errors.js';
import type { Node } from '../graph/graph.js';
import { isInt64 } from '../tensor/dtype.js';
import { normalizeAxis } from '../tensor/shape.js';
import { fromNumbers, i64, toNumbers } from '../tensor/tensor.js';
import { sourcesGradient } from './gradients/movement.js';
import {
  defineOp,
  type InferContext,
  type IntegerContext,
  inputType,
  type LowerContext,
  needValue,
  noMacs,
  stringAttr,
  type TensorType,
} from './op.js';
import {
  type ChannelContext,
  type ChannelLink,
  inputEnd,
  outputEnd,
  type ShrinkContext,
} from './shared/channels.js';
import { integersOf } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';
import { lowerMoves, type Move, moveValues } from './shared/move.js';
import { isByteScale, quantizedValue, tableNode } from './shared/scalar-table.js';
import { storageBias } from './storage.js';

const modes = ['constant', 'reflect', 'edge', 'wrap'] as const;
type Mode = (typeof modes)[number];

/** More copies than this run no faster than the reference. */
const maxCopies = 81;

export const pad = defineOp({
  op: 'Pad',
  domain: '',
  since: 11,
  inputs: [2, 4],
  outputs: [1, 1],
  attributes: { mode: { type: 'string', default: 'constant' } },
  infer,
  reference: (ctx) => {
    const known = knownContext(ctx);
    return moveValues(ctx.inputs, infer(known), moves(known), ctx.inputs[2]?.data[0]);
  },
  gradient: (ctx) => [sourcesGradient(ctx, sources(ctx))],
  cost: noMacs,
  quantize: { kind: 'arithmetic', data: [0], integer },
  lower: (ctx) => {
    const copies = moves(ctx);
    if (copies.length > maxCopies) return false;
    const layout = ctx.layoutOf(0);
    // Where nothing is added, copies write all of the output. Its shape alone does not tell: an axis may lose at one end what
    // it gains at the other.
    const adds =
      modeOf(ctx.node, ctx.where) === 'constant' && padsOf(ctx).some((pads) => Math.max(...pads) > 0);
    const fill = adds ? fillValue(ctx) : undefined;
    return fill !== null && lowerMoves(ctx, copies, () => layout, layout, fill);
  },
  channels: { links: channelLinks, shrink },
});

function modeOf(node: Node, where: string): Mode {
  const mode = stringAttr(node, 'mode', 'constant') as Mode;
  if (!modes.includes(mode))
    throw new KompaktError('KPT_ATTRIBUTE_INVALID', expected(`a mode of ${modes.join(', ')}`, where, mode));
  return mode;
}

/** [before, after] for every axis. */
function padsOf(ctx: InferContext): (readonly [number, number])[] {
  const { dims } = inputType(ctx, 0);
  const given = integersOf(needValue(ctx, 1));
  const axes = ctx.inputs[3] === undefined ? dims.map((_, i) => i) : integersOf(needValue(ctx, 3));
  if (given.length !== 2 * axes.length)
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected(`${2 * axes.length} pads`, ctx.where, given));
  const pads = dims.map((): readonly [number, number] => [0, 0]);
  axes.forEach((axis, i) => {
    pads[normalizeAxis(axis, dims.length, ctx.where)] = [given[i]!, given[i + axes.length]!];
  });
  return pads;
}

function infer(ctx: InferContext): readonly TensorType[] {
  const { dtype, dims } = inputType(ctx, 0);
  const mode = modeOf(ctx.node, ctx.where);
  const padded = padsOf(ctx).map(([before, after], axis) => before + dims[axis]! + after);
  if (padded.some((d, axis) => d < 0 || (mode !== 'constant' && dims[axis] === 0 && d > 0)))
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`pads that fit [${dims.join(',')}]`, ctx.where, padsOf(ctx).flat()),
    );
  return [{ dtype, dims: padded }];
}

/** Elements of one axis of the output that are evenly spaced in the input. */
interface Run {
  readonly x: number;
  readonly xStep: number;
  readonly y: number;
  readonly count: number;
}

function moves(ctx: InferContext): Move[] {
  const mode = modeOf(ctx.node, ctx.where);
  const { dims } = inputType(ctx, 0);
  let combinations: (readonly Run[])[] = [[]];
  padsOf(ctx).forEach((pads, axis) => {
    const runs = runsOf(mode, dims[axis]!, pads);
    combinations = combinations.flatMap((some) => runs.map((run) => [...some, run]));
  });
  return combinations.map((runs) => ({
    input: 0,
    output: 0,
    loops: runs.map((r, axis) => ({ count: r.count, xAxis: axis, xStep: r.xStep, yAxis: axis, yStep: 1 })),
    xStart: runs.map((r) => r.x),
    yStart: runs.map((r) => r.y),
  }));
}

function runsOf(mode: Mode, dim: number, [before, after]: readonly [number, number]): Run[] {
  const runs: Run[] = [];
  for (let y = 0; y < before + dim + after; y++) {
    const x = sourceOf(mode, y - before, dim);
    if (x === null) continue;
    const run = runs.at(-1);
    const step = run === undefined ? 0 : x - run.x - (run.count - 1) * run.xStep;
    if (run !== undefined && Math.abs(step) <= 1 && (run.count === 1 || step === run.xStep))
      runs[runs.length - 1] = { ...run, xStep: step, count: run.count + 1 };
    else runs.push({ x, xStep: 0, y, count: 1 });
  }
  return runs;
}

/** For every axis that is padded, where each element of the output comes from. */
function sources(ctx: InferContext): (readonly (number | null)[] | undefined)[] {
  const mode = modeOf(ctx.node, ctx.where);
  return padsOf(ctx).map(([before, after], axis) => {
    const dim = inputType(ctx, 0).dims[axis]!;
    if (before === 0 && after === 0) return undefined;
    return Array.from({ length: before + dim + after }, (_, i) => sourceOf(mode, i - before, dim));
  });
}

/** Where the element at `at` (0 is the first of the input) comes from; null: it is the constant. */
function sourceOf(mode: Mode, at: number, dim: number): number | null {
  if (at >= 0 && at < dim) return at;
  if (mode === 'constant') return null;
  if (mode === 'edge') return at < 0 ? 0 : dim - 1;
  if (mode === 'wrap') return ((at % dim) + dim) % dim;
  if (dim === 1) return 0;
  const period = 2 * (dim - 1);
  const phase = ((at % period) + period) % period;
  return phase < dim ? phase : period - phase;
}

/** The constant as a step takes it, or null when it is unknown or has no number form there. */
function fillValue(ctx: LowerContext): number | null {
  const { dtype } = ctx.outputs[0]!;
  if (ctx.inputs[2] === undefined) return storageBias(dtype);
  const value = ctx.value(2);
  if (value?.data.length !== 1) return null;
  if (dtype === 'float16' || dtype === 'bfloat16') return value.data[0] as number;
  const number = toNumbers(value)[0]!;
  return isInt64(dtype) && !Number.isSafeInteger(number) ? null : number + storageBias(dtype);
}

/**
 * A table moves the bytes to the output's scale; they are padded with the constant there. In the input's scale, which need
 * not reach it, the constant might be cut.
 */
function integer(ctx: IntegerContext): readonly Node[] | null {
  const x = ctx.quantized(0);
  const { output } = ctx;
  if (x === undefined || !isByteScale(x.params) || !isByteScale(output)) return null;
  const name = ctx.node.inputs[2] ?? '';
  const constant = name === '' ? 0 : ctx.constant(name);
  if (constant === undefined) return null;
  const real = typeof constant === 'number' ? constant : toNumbers(constant)[0]!;
  const fill = fromNumbers(output.zeroPoint.dtype, [], [quantizedValue(output, real)]);
  const scaled = { ...tableNode(ctx, x, output, (v) => v), outputs: [ctx.fresh(`${ctx.outputName}_scaled`)] };
  const inputs = [
    ...scaled.outputs,
    ctx.node.inputs[1]!,
    ctx.addConstant('pad_value', fill),
    ...ctx.node.inputs.slice(3),
  ];
  return [
    scaled,
    { ...ctx.node, name: ctx.fresh(`${ctx.node.name}_quantized`), inputs, outputs: [ctx.outputName] },
  ];
}

/** Zeros around channels are channels that nobody makes: they leave with those that they are added to. */
function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const { dims } = inputType(ctx, 0);
  return padsOf(ctx).flatMap(([before, after], axis): ChannelLink[] => {
    const count = dims[axis]!;
    const grows = before >= 0 && after >= 0;
    if (!grows || (before + after > 0 && modeOf(ctx.node, ctx.where) !== 'constant')) return [];
    return [
      { count, ends: [inputEnd(0, axis), outputEnd(axis, { start: before })] },
      { count: before, ends: [outputEnd(axis)] },
      { count: after, ends: [outputEnd(axis, { start: before + count })] },
    ];
  });
}

function shrink(ctx: ShrinkContext): Node {
  const given = ctx.constant(1);
  if (given === undefined) return ctx.node;
  const { dims } = inputType(ctx, 0);
  const around = padsOf(ctx).map(([before, after], axis) => {
    if (before + after === 0) return [0, 0] as const;
    const kept = ctx.kept('output', 0, axis);
    const last = before + dims[axis]!;
    return [kept.filter((i) => i < before).length, kept.filter((i) => i >= last).length] as const;
  });
  const axes = ctx.inputs[3] === undefined ? dims.map((_, i) => i) : integersOf(needValue(ctx, 3));
  const pads = [0, 1].flatMap((side) =>
    axes.map((axis, i) => {
      const at = normalizeAxis(axis, dims.length, ctx.where);
      const [before, after] = padsOf(ctx)[at]!;
      // Negative counts take away, along axes that keep all of their channels.
      if (before < 0 || after < 0) return integersOf(given)[side * axes.length + i]!;
      return around[at]![side]!;
    }),
  );
  return ctx.withInput(ctx.node, 1, i64(pads));
}
