// Data movement as data: a Move says which logical elements of an input go where in an output. One description gives
// the reference and the native copies of Transpose, Slice, Split, Concat, Expand, Tile and Pad.
import type { DType, TypedArray } from '../../tensor/dtype.js';
import { type Dims, sizeOf, stridesOf } from '../../tensor/shape.js';
import { allocate, type TensorValue, tensor } from '../../tensor/tensor.js';
import type { Buffer, Layout, LowerContext, TensorType } from '../op.js';
import { copyStrided, type Element } from './elements.js';
import { layoutStrides, readAsIs, readPlain } from './layout.js';

/** One loop of a copy: per turn the input moves along its axis by xStep (0 repeats) and the output along its own. */
export interface Loop {
  readonly count: number;
  readonly xAxis: number;
  readonly xStep: number;
  readonly yAxis: number;
  readonly yStep: number;
}

export interface Move {
  readonly input: number;
  readonly output: number;
  readonly loops: readonly Loop[];
  /** Coordinates of the first element; empty means the origin. */
  readonly xStart: readonly number[];
  readonly yStart: readonly number[];
}

/** The loops of a box of `dims` whose axes are the same in input and output. */
export const boxLoops = (dims: Dims): Loop[] =>
  dims.map((count, axis) => ({ count, xAxis: axis, xStep: 1, yAxis: axis, yStep: 1 }));

/** Most loops that a native copy takes. */
const maxRank = 8;

interface Strided {
  readonly dims: readonly number[];
  readonly xOffset: number;
  readonly xStrides: readonly number[];
  readonly yOffset: number;
  readonly yStrides: readonly number[];
}

const offsetOf = (start: readonly number[], strides: readonly number[]): number =>
  start.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);

function strided(move: Move, xStrides: readonly number[], yStrides: readonly number[]): Strided {
  return {
    dims: move.loops.map((l) => l.count),
    xOffset: offsetOf(move.xStart, xStrides),
    xStrides: move.loops.map((l) => (l.xStep === 0 ? 0 : l.xStep * xStrides[l.xAxis]!)),
    yOffset: offsetOf(move.yStart, yStrides),
    yStrides: move.loops.map((l) => l.yStep * yStrides[l.yAxis]!),
  };
}

/** Runs moves on concrete tensors. Elements that no move writes hold `fill` (raw), or zero. */
export function moveValues(
  inputs: readonly (TensorValue | undefined)[],
  outputs: readonly TensorType[],
  moves: readonly Move[],
  fill?: Element,
): TensorValue[] {
  const results = outputs.map(({ dtype, dims }) => blank(dtype, dims, fill));
  for (const move of moves) {
    const x = inputs[move.input]!;
    const y = results[move.output]!;
    const s = strided(move, stridesOf(x.dims), stridesOf(outputs[move.output]!.dims));
    copyStrided(
      s.dims,
      { data: x.data, strides: s.xStrides, start: s.xOffset },
      { data: y, strides: s.yStrides, start: s.yOffset },
    );
  }
  return outputs.map(({ dtype, dims }, i) => tensor(dtype, dims, results[i]!));
}

function blank(dtype: DType, dims: Dims, fill: Element | undefined): TypedArray | string[] {
  if (dtype === 'string') return new Array<string>(sizeOf(dims)).fill(String(fill ?? ''));
  const data = allocate(dtype, dims);
  return fill === undefined ? data : data.fill(fill as never);
}

/** True for types that the engine can move. */
export const movable = (dtype: DType): boolean => !['string', 'int4', 'uint4'].includes(dtype);

/**
 * Plans one native copy per move, in the layouts given, after filling the outputs where `fill` is given (as stored).
 * False when a copy has more loops than a step takes.
 */
export function lowerMoves(
  ctx: LowerContext,
  moves: readonly Move[],
  layoutOfInput: (i: number) => Layout,
  layoutOfOutput: Layout,
  fill?: number,
): boolean {
  if (!ctx.outputs.every((t) => movable(t.dtype))) return false;
  const plans = moves.map((move) => {
    const xStrides = layoutStrides(ctx.inputs[move.input]!.dims, layoutOfInput(move.input));
    const { dims } = ctx.outputs[move.output]!;
    const yStrides = layoutStrides(dims, targetLayout(dims, layoutOfOutput));
    return coalesce(strided(move, xStrides, yStrides));
  });
  if (plans.some((s) => s.dims.length > maxRank)) return false;
  const targets = ctx.outputs.map(({ dims }, i) =>
    ctx.node.outputs[i] === '' ? null : ctx.write(i, targetLayout(dims, layoutOfOutput)),
  );
  if (fill !== undefined) for (const y of targets) if (y !== null) ctx.emit('fill', [], [y], { value: fill });
  moves.forEach((move, i) => {
    const y = targets[move.output] ?? null;
    if (y === null || plans[i]!.dims.includes(0)) return;
    ctx.emit('copy', [ctx.read(move.input, layoutOfInput(move.input))], [y], plans[i]!);
  });
  return true;
}

/** Nothing at all is plain: converting it would be a step for no element. */
const targetLayout = (dims: Dims, layout: Layout): Layout => (sizeOf(dims) === 0 ? 'plain' : layout);

/** A copy of `x` whose axes, in memory, come in another order. */
export function transposedCopy(ctx: LowerContext, x: Buffer, y: Buffer, dims: Dims, strides: Dims): void {
  ctx.emit(
    'copy',
    [x],
    [y],
    coalesce({ dims, xOffset: 0, xStrides: strides, yOffset: 0, yStrides: stridesOf(dims) }),
  );
}

/** The same copy with as few loops as possible, in the order in which the output is written. */
function coalesce(s: Strided): Strided {
  const loops = s.dims
    .map((count, i) => ({ count, x: s.xStrides[i]!, y: s.yStrides[i]! }))
    .filter((l) => l.count !== 1)
    .sort((a, b) => Math.abs(b.y) - Math.abs(a.y));
  const merged: typeof loops = [];
  for (const l of loops) {
    const outer = merged.at(-1);
    if (outer !== undefined && outer.x === l.x * l.count && outer.y === l.y * l.count)
      merged[merged.length - 1] = { count: outer.count * l.count, x: l.x, y: l.y };
    else merged.push(l);
  }
  return {
    dims: merged.map((l) => l.count),
    xOffset: s.xOffset,
    xStrides: merged.map((l) => l.x),
    yOffset: s.yOffset,
    yStrides: merged.map((l) => l.y),
  };
}

/** Plans moves that keep the rank and the meaning of axes, in the layout in which input 0 exists. */
export function lowerInLayout(ctx: LowerContext, moves: readonly Move[]): boolean {
  const layout = readLayout(ctx);
  return lowerMoves(ctx, moves, (i) => (i === 0 ? layout : ctx.layoutOf(i)), layout);
}

const readLayout = (ctx: LowerContext): Layout =>
  ctx.layoutOf(0) === 'channels-last' && ctx.inputs[0]!.dims.length === ctx.outputs[0]!.dims.length
    ? 'channels-last'
    : 'plain';

/** Plans an output that is the elements of input 0, in order, under other dims: no copy. */
export function lowerAsView(ctx: LowerContext): boolean {
  const { dtype, dims } = ctx.outputs[0]!;
  if (!movable(dtype)) return false;
  ctx.alias(0, ctx.reshape(readPlain(ctx, 0), dims), 'plain');
  return true;
}

/** Plans an output that is input 0: no copy. */
export function lowerAsIs(ctx: LowerContext): boolean {
  if (!movable(ctx.outputs[0]!.dtype)) return false;
  const { buffer, layout } = readAsIs(ctx, 0);
  ctx.alias(0, buffer, layout);
  return true;
}
