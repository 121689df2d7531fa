// Gradients of functions of one element.
import { toNumbers } from '../../tensor/tensor.js';
import type { GradientContext, GradientRule } from '../op.js';
import type { UnaryKind } from '../shared/unary-kind.js';
import { unaryGradient } from './arithmetic.js';
import { derivatives } from './derivatives.js';
import { emit, multiply, ofFirst, scalar } from './emit.js';

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
const byDerivative = (derivative: Derivative): GradientRule =>
  ofFirst((ctx, gradient, x) => multiply(ctx, gradient, derivative(ctx, x, ctx.node.outputs[0]!)));

/** e^(x / alpha) below 0, else 1. */
export const celuGradient = (alphaOf: (ctx: GradientContext) => number): GradientRule =>
  byDerivative((ctx, x) => {
    const { dtype } = ctx.outputs[0]!;
    const below = emit(ctx, 'Min', [x, scalar(ctx, dtype, 0)]);
    return emit(ctx, 'Exp', [emit(ctx, 'Div', [below, scalar(ctx, dtype, alphaOf(ctx))])]);
  });

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
  // Attributes are float32: a bound that is not would let through what lies on it.
  const asAttribute = (value: number | undefined): value is number =>
    value !== undefined && (dtype !== 'float64' || Math.fround(value) === value);
  if (asAttribute(low) && asAttribute(high))
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
