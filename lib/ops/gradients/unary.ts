// Gradients of functions of one element.
import { toNumbers } from '../../tensor/tensor.js';
import type { GradientContext, GradientRule } from '../op.js';
import type { UnaryKind } from '../steps.js';
import { unaryGradient } from './arithmetic.js';
import { derivatives } from './derivatives.js';
import { emit, float, multiply, negate, ofFirst, scalar } from './emit.js';

export interface NativeKind {
  readonly op: UnaryKind;
  readonly alpha?: number;
  readonly beta?: number;
}

/** The rule of a function that steps know: UnaryGradient of its kind. `kindOf` gives null where they do not. */
export const byKind =
  (kindOf: (ctx: GradientContext) => NativeKind | null, otherwise?: GradientRule): GradientRule =>
  (ctx) => {
    const kind = kindOf(ctx);
    if (kind === null) return otherwise!(ctx);
    return [unaryGradient(ctx, ctx.outputGradient(0)!, kind, derivatives[kind.op].of === 'y')];
  };

type Derivative = (ctx: GradientContext, x: string, y: string) => string;

/** gradient * f'(x), with f'(x) emitted from x and y. */
export const byDerivative = (derivative: Derivative): GradientRule =>
  ofFirst((ctx, gradient, x) => multiply(ctx, gradient, derivative(ctx, x, ctx.node.outputs[0]!)));

const one = (ctx: GradientContext): string => scalar(ctx, ctx.outputs[0]!.dtype, 1);
const square = (ctx: GradientContext, x: string): string => multiply(ctx, x, x);
const plusOne = (ctx: GradientContext, x: string): string => emit(ctx, 'Add', [x, one(ctx)]);
const oneMinus = (ctx: GradientContext, x: string): string => emit(ctx, 'Sub', [one(ctx), x]);
const root = (ctx: GradientContext, x: string): string => emit(ctx, 'Sqrt', [x]);
const inverse = (ctx: GradientContext, x: string): string => emit(ctx, 'Reciprocal', [x]);

export const sinGradient = byDerivative((ctx, x) => emit(ctx, 'Cos', [x]));
export const cosGradient = byDerivative((ctx, x) => negate(ctx, emit(ctx, 'Sin', [x])));
export const tanGradient = byDerivative((ctx, _, y) => plusOne(ctx, square(ctx, y)));
export const asinGradient = byDerivative((ctx, x) => inverse(ctx, root(ctx, oneMinus(ctx, square(ctx, x)))));
export const acosGradient = byDerivative((ctx, x) =>
  negate(ctx, inverse(ctx, root(ctx, oneMinus(ctx, square(ctx, x))))),
);
export const atanGradient = byDerivative((ctx, x) => inverse(ctx, plusOne(ctx, square(ctx, x))));
export const sinhGradient = byDerivative((ctx, x) => emit(ctx, 'Cosh', [x]));
export const coshGradient = byDerivative((ctx, x) => emit(ctx, 'Sinh', [x]));
export const asinhGradient = byDerivative((ctx, x) => inverse(ctx, root(ctx, plusOne(ctx, square(ctx, x)))));
export const acoshGradient = byDerivative((ctx, x) =>
  inverse(ctx, root(ctx, emit(ctx, 'Sub', [square(ctx, x), one(ctx)]))),
);
export const atanhGradient = byDerivative((ctx, x) => inverse(ctx, oneMinus(ctx, square(ctx, x))));

/** e^(x / alpha) below 0, else 1. */
export const celuGradient = (alphaOf: (ctx: GradientContext) => number): GradientRule =>
  byDerivative((ctx, x) => {
    const { dtype } = ctx.outputs[0]!;
    const below = emit(ctx, 'Min', [x, scalar(ctx, dtype, 0)]);
    return emit(ctx, 'Exp', [emit(ctx, 'Div', [below, scalar(ctx, dtype, alphaOf(ctx))])]);
  });

/** 1 where the function gave something, else 0. */
export const shrinkGradient = byDerivative((ctx, x) => {
  const { dtype } = ctx.outputs[0]!;
  const threshold = scalar(ctx, dtype, lambdaOf(ctx));
  const large = emit(ctx, 'Less', [threshold, emit(ctx, 'Abs', [x])]);
  return emit(ctx, 'Where', [large, one(ctx), scalar(ctx, dtype, 0)]);
});

const lambdaOf = (ctx: GradientContext): number => {
  const attribute = ctx.node.attributes.lambd ?? float(0.5);
  return attribute.value as number;
};

/** 1 strictly between the bounds. Where they are known UnaryGradient does it; bounds themselves get no gradient. */
export const clipGradient: GradientRule = (ctx) => {
  const gradient = ctx.outputGradient(0)!;
  const { dtype } = ctx.outputs[0]!;
  const bound = (i: number, absent: number): number | undefined => {
    if (ctx.inputs[i] === undefined) return absent;
    const value = ctx.value(i);
    return value && toNumbers(value)[0];
  };
  const [low, high] = [bound(1, Number.NEGATIVE_INFINITY), bound(2, Number.POSITIVE_INFINITY)];
  if (low !== undefined && high !== undefined)
    return [unaryGradient(ctx, gradient, { op: 'clip', alpha: low, beta: high }, true)];
  const zero = scalar(ctx, dtype, 0);
  const y = ctx.node.outputs[0]!;
  let kept = gradient;
  [1, 2].forEach((i) => {
    if (ctx.inputs[i] === undefined) return;
    const pair = i === 1 ? [ctx.node.inputs[i]!, y] : [y, ctx.node.inputs[i]!];
    kept = emit(ctx, 'Where', [emit(ctx, 'Less', pair), kept, zero]);
  });
  return [kept];
};

/** Functions that jump: their derivative is 0 wherever there is one. */
export const zeroGradient: GradientRule = () => [undefined];
