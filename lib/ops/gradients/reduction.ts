// Gradients of reductions over axes.
import type { Dims } from '../../tensor/shape.js';
import type { GradientContext, GradientRule } from '../op.js';
import { emit, expand, int, integers, multiply, reshape, scalar, sumAxes } from './emit.js';

/** What a rule sees: all of the input's rank, reduced axes of size 1. */
interface Reduction {
  readonly ctx: GradientContext;
  readonly x: string;
  readonly y: string;
  readonly gradient: string;
  readonly dims: Dims;
  readonly axes: readonly number[];
}

export type ReductionPart = (r: Reduction) => string;

/** The rule of a reduction over the axes that `axesOf` gives; `part` emits the gradient, which broadcasts to the input. */
export const reduction =
  (axesOf: (ctx: GradientContext) => readonly number[], part: ReductionPart): GradientRule =>
  (ctx) => {
    const { dims } = ctx.inputs[0]!;
    const axes = axesOf(ctx);
    const kept = dims.map((d, axis) => (axes.includes(axis) ? 1 : d));
    const asKept = (name: string): string =>
      ctx.outputs[0]!.dims.length === dims.length ? name : reshape(ctx, name, kept);
    const made = part({
      ctx,
      x: ctx.node.inputs[0]!,
      y: asKept(ctx.node.outputs[0]!),
      gradient: asKept(ctx.outputGradient(0)!),
      dims,
      axes,
    });
    return [expand(ctx, made, dims)];
  };

const count = ({ dims, axes }: Reduction): number => axes.reduce((size, axis) => size * dims[axis]!, 1);
const number = ({ ctx }: Reduction, value: number): string => scalar(ctx, ctx.outputs[0]!.dtype, value);

/** The least normal number of float32: what is divided by it stays finite. */
const smallest = 2 ** -126;

export const sumPart = ({ gradient }: Reduction): string => gradient;
export const meanPart = (r: Reduction): string => emit(r.ctx, 'Div', [r.gradient, number(r, count(r))]);
export const sumSquarePart = (r: Reduction): string =>
  multiply(r.ctx, multiply(r.ctx, r.gradient, number(r, 2)), r.x);
export const l1Part = ({ ctx, gradient, x }: Reduction): string =>
  multiply(ctx, gradient, emit(ctx, 'Sign', [x]));
/** x / y, and 0 where all elements are. */
export const l2Part = (r: Reduction): string => {
  const { ctx, gradient, x, y } = r;
  const length = emit(ctx, 'Max', [y, number(r, smallest)]);
  return multiply(ctx, gradient, emit(ctx, 'Div', [x, length]));
};
/** y = log sum e^x: e^(x - y). */
export const logSumExpPart = ({ ctx, gradient, x, y }: Reduction): string =>
  multiply(ctx, gradient, emit(ctx, 'Exp', [emit(ctx, 'Sub', [x, y])]));
/** y = log sum x: e^-y. */
export const logSumPart = ({ ctx, gradient, y }: Reduction): string =>
  emit(ctx, 'Div', [gradient, emit(ctx, 'Exp', [y])]);
/** The product of the others: that of all that are not 0 by the own one, unless another one is 0. */
export const prodPart = (r: Reduction): string => {
  const { ctx, gradient, x, axes } = r;
  const [zero, one] = [number(r, 0), number(r, 1)];
  const whether = (a: string): string => emit(ctx, 'Where', [emit(ctx, 'Equal', [a, zero]), one, zero]);
  const isZero = whether(x);
  const filled = emit(ctx, 'Add', [x, isZero]);
  const attributes = { keepdims: int(1), noop_with_empty_axes: int(1) };
  const product = emit(ctx, 'ReduceProd', [filled, integers(ctx, 'axes', axes)], attributes);
  const otherZeros = emit(ctx, 'Sub', [sumAxes(ctx, isZero, axes), isZero]);
  const others = multiply(ctx, whether(otherZeros), emit(ctx, 'Div', [product, filled]));
  return multiply(ctx, gradient, others);
};

/** Elements equal to the extreme share its gradient. */
export const extremePart = (r: Reduction): string => {
  const { ctx } = r;
  const mask = emit(ctx, 'Where', [emit(ctx, 'Equal', [r.x, r.y]), number(r, 1), number(r, 0)]);
  return multiply(ctx, mask, emit(ctx, 'Div', [r.gradient, sumAxes(ctx, mask, r.axes)]));
};

/** The spatial axes of a global pooling. */
export const spatialAxes = (ctx: GradientContext): readonly number[] =>
  ctx.inputs[0]!.dims.map((_, axis) => axis).slice(2);
