// Gradients of operators that move elements: what was read goes back, what was repeated is summed.
import type { DType } from '../../tensor/dtype.js';
import { type Dims, normalizeAxis } from '../../tensor/shape.js';
import { fromNumbers } from '../../tensor/tensor.js';
import { type GradientContext, type GradientRule, intAttr, intsAttr } from '../op.js';
import { splitDims } from '../shared/physical-axis.js';
import { emit, emitOwn, int, integers, ints, ofFirst, reshape, scalar, sumAxes, sumTo } from './emit.js';

/** Reshape, Flatten, Squeeze and Unsqueeze. */
export const viewGradient = ofFirst((ctx, gradient) => reshape(ctx, gradient, ctx.inputs[0]!.dims));

export const identityGradient = ofFirst((_, gradient) => gradient);

export const transposeGradient = ofFirst((ctx, gradient) => {
  const rank = ctx.inputs[0]!.dims.length;
  const perm = intsAttr(ctx.node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const inverse = perm.map((_, axis) => perm.indexOf(axis));
  return emit(ctx, 'Transpose', [gradient], { perm: ints(inverse) });
});

export const expandGradient = ofFirst((ctx, gradient) =>
  sumTo(ctx, gradient, ctx.outputs[0]!.dims, ctx.inputs[0]!.dims),
);

/** Every axis as (repeats, size), summed over the repeats. */
export const tileGradient = ofFirst((ctx, gradient) => {
  const { dims } = ctx.inputs[0]!;
  const split = dims.flatMap((d, axis) => [d === 0 ? 1 : ctx.outputs[0]!.dims[axis]! / d, d]);
  const axes = dims.flatMap((_, axis) => (split[2 * axis] === 1 ? [] : [2 * axis]));
  if (axes.length === 0) return gradient;
  return reshape(ctx, sumAxes(ctx, reshape(ctx, gradient, split), axes), dims);
});

const axisAttribute = (ctx: GradientContext, fallback?: number): number =>
  normalizeAxis(intAttr(ctx.node, 'axis', fallback), ctx.outputs[0]!.dims.length, ctx.where);

export const concatGradient: GradientRule = (ctx) => {
  const axis = axisAttribute(ctx);
  const sizes = ctx.inputs.map((type) => type!.dims[axis]!);
  const parts = ctx.add(
    'Split',
    [ctx.outputGradient(0)!, integers(ctx, 'sizes', sizes)],
    { axis: int(axis) },
    { outputs: sizes.length },
  );
  return parts;
};

/** Outputs that the loss does not depend on contribute zeros. */
export const splitGradient: GradientRule = (ctx) => {
  const parts = ctx.outputs.map(({ dtype, dims }, i) => ctx.outputGradient(i) ?? zeros(ctx, dtype, dims));
  return [emit(ctx, 'Concat', parts, { axis: int(axisAttribute(ctx, 0)) })];
};

const zeros = (ctx: GradientContext, dtype: DType, dims: Dims): string =>
  emit(ctx, 'Expand', [scalar(ctx, dtype, 0), integers(ctx, 'shape', dims)]);

/** Indices name rows of the axis; rows named twice take both gradients. */
export const gatherGradient = ofFirst((ctx, gradient) =>
  emitOwn(ctx, 'GatherGradient', [gradient, ctx.node.inputs[1]!], {
    axis: int(normalizeAxis(intAttr(ctx.node, 'axis', 0), ctx.inputs[0]!.dims.length, ctx.where)),
    dims: ints(ctx.inputs[0]!.dims),
  }),
);

/** The axis replaced by matrix x axis; `matrix` is [rows, dims[axis]]. */
export function mapAxis(
  ctx: GradientContext,
  x: string,
  dims: Dims,
  axis: number,
  rows: number,
  matrix: Float64Array,
): string {
  const [outer, n, inner] = splitDims(dims, axis);
  const constant = ctx.constant('axis_map', fromNumbers(ctx.outputs[0]!.dtype, [rows, n], matrix));
  const product = emit(ctx, 'MatMul', [constant, reshape(ctx, x, [outer, n, inner])]);
  return reshape(ctx, product, dims.with(axis, rows));
}

/** Every element of an axis of the output is one of the input, or none (null): the gradient of the input. `sources[axis]`
 *  is undefined where the axis is untouched. */
export function sourcesGradient(
  ctx: GradientContext,
  sources: readonly (readonly (number | null)[] | undefined)[],
): string {
  const input = ctx.inputs[0]!.dims;
  let gradient = ctx.outputGradient(0)!;
  let dims: Dims = ctx.outputs[0]!.dims;
  if (sources.every((list) => list === undefined || inOrder(list)))
    return zerosAround(ctx, gradient, dims, sources);
  sources.forEach((list, axis) => {
    if (list === undefined) return;
    const matrix = new Float64Array(input[axis]! * list.length);
    list.forEach((from, to) => {
      if (from !== null) matrix[from * list.length + to] += 1;
    });
    gradient = mapAxis(ctx, gradient, dims, axis, input[axis]!, matrix);
    dims = dims.with(axis, input[axis]!);
  });
  return gradient;
}

/** One run of neighbours, in order, with nothing (or elements that come from nowhere) around. */
const inOrder = (list: readonly (number | null)[]): boolean => {
  const first = list.findIndex((from) => from !== null);
  const last = list.findLastIndex((from) => from !== null);
  return first >= 0 && list.slice(first, last + 1).every((from, i) => from === list[first]! + i);
};

/** A Pad whose counts are negative where the output has elements from nowhere. */
function zerosAround(
  ctx: GradientContext,
  gradient: string,
  dims: Dims,
  sources: readonly (readonly (number | null)[] | undefined)[],
): string {
  const input = ctx.inputs[0]!.dims;
  const before = sources.map((list) => {
    const first = list?.findIndex((from) => from !== null) ?? 0;
    return list === undefined ? 0 : list[first]! - first;
  });
  const after = dims.map((d, axis) => input[axis]! - d - before[axis]!);
  return emit(ctx, 'Pad', [gradient, integers(ctx, 'pads', [...before, ...after])]);
}
