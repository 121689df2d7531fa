// Gradients of arithmetic on two or more tensors that broadcast.

import { dtypes } from '../../tensor/dtype.js';
import { broadcastDims } from '../../tensor/shape.js';
import type { GradientContext, GradientRule, TensorType } from '../op.js';
import { broadcasting, emit, emitOwn, int, multiply, negate, scalar, sumTo } from './emit.js';

const same = (_: GradientContext, gradient: string): string => gradient;

export const addGradient = broadcasting(same, same);
export const subGradient = broadcasting(same, (ctx, gradient) => negate(ctx, gradient));

export const mulGradient = broadcasting(
  (ctx, gradient, [, b]) => multiply(ctx, gradient, b!),
  (ctx, gradient, [a]) => multiply(ctx, gradient, a!),
);

/** (a / b)' = (a' - y b') / b. */
export const divGradient = broadcasting(
  (ctx, gradient, [, b]) => emit(ctx, 'Div', [gradient, b!]),
  (ctx, gradient, [, b]) => {
    const quotient = emit(ctx, 'Div', [ctx.node.outputs[0]!, b!]);
    return negate(ctx, multiply(ctx, gradient, quotient));
  },
);

/** b a^(b - 1) and y log a; 0 for b = 0 and for a = 0, whatever the other factor. b may be of another type than a and y. */
export const powGradient = broadcasting(
  (ctx, gradient, [a, given]) => {
    const { dtype } = ctx.outputs[0]!;
    const isSame = ctx.inputs[1]!.dtype === dtype;
    const b = isSame ? given! : emit(ctx, 'Cast', [given!], { to: int(dtypes[dtype].onnx) });
    const [zero, one] = [0, 1].map((v) => scalar(ctx, dtype, v)) as [string, string];
    const less = emit(ctx, 'Where', [emit(ctx, 'Equal', [b, zero]), one, emit(ctx, 'Sub', [b, one])]);
    return multiply(ctx, gradient, multiply(ctx, emit(ctx, 'Pow', [a!, less]), b));
  },
  (ctx, gradient, [given]) => {
    const [{ dtype }] = ctx.inputs as readonly [TensorType];
    const [zero, one] = [0, 1].map((v) => scalar(ctx, dtype, v)) as [string, string];
    const a = emit(ctx, 'Where', [emit(ctx, 'Equal', [given!, zero]), one, given!]);
    return multiply(ctx, gradient, multiply(ctx, ctx.node.outputs[0]!, emit(ctx, 'Log', [a])));
  },
);

/** x where it is positive, else slope * x: of the gradient the part of positive x goes through, the rest times the slope. */
export const preluGradient = broadcasting(
  (ctx, gradient, [, slope]) => {
    const above = unaryGradient(ctx, gradient, { op: 'relu' }, false);
    const below = multiply(ctx, emit(ctx, 'Sub', [gradient, above]), slope!);
    return emit(ctx, 'Add', [above, below]);
  },
  (ctx, gradient, [x]) =>
    multiply(ctx, gradient, emit(ctx, 'Min', [x!, scalar(ctx, ctx.outputs[0]!.dtype, 0)])),
);

/** Sum and Mean of n inputs. */
export const sumGradient =
  (mean: boolean): GradientRule =>
  (ctx) => {
    const [{ dtype, dims }] = ctx.outputs as [GradientContext['outputs'][number]];
    const gradient = ctx.outputGradient(0)!;
    const share = mean ? emit(ctx, 'Div', [gradient, scalar(ctx, dtype, ctx.inputs.length)]) : gradient;
    return ctx.inputs.map((type, i) => (ctx.wants(i) ? sumTo(ctx, share, dims, type!.dims) : undefined));
  };

/** Max and Min of n inputs: the first of those that give the result takes all. */
export const extremeGradient: GradientRule = (ctx) => {
  const { dtype, dims } = ctx.outputs[0]!;
  const zeros = scalar(ctx, dtype, 0);
  let left = ctx.outputGradient(0)!;
  return ctx.inputs.map((type, i) => {
    const wins = emit(ctx, 'Equal', [ctx.node.inputs[i]!, ctx.node.outputs[0]!]);
    const own = emit(ctx, 'Where', [wins, left, zeros]);
    left = emit(ctx, 'Where', [wins, zeros, left]);
    return ctx.wants(i) ? sumTo(ctx, own, dims, type!.dims) : undefined;
  });
};

/** Where(condition, x, y). */
export const whereGradient: GradientRule = (ctx) => {
  const dims = broadcastDims(
    ctx.inputs.map((type) => type!.dims),
    ctx.where,
  );
  const gradient = ctx.outputGradient(0)!;
  const zeros = scalar(ctx, ctx.outputs[0]!.dtype, 0);
  const [condition] = ctx.node.inputs as readonly [string];
  const part = (i: number, operands: readonly string[]): string | undefined =>
    ctx.wants(i)
      ? sumTo(ctx, emit(ctx, 'Where', [condition, ...operands]), dims, ctx.inputs[i]!.dims)
      : undefined;
  return [undefined, part(1, [gradient, zeros]), part(2, [zeros, gradient])];
};

/** A function of one element whose derivative `UnaryGradient` knows: of x, or of y where that is cheaper. */
export function unaryGradient(
  ctx: GradientContext,
  gradient: string,
  kind: { readonly op: string; readonly alpha?: number; readonly beta?: number },
  ofOutput: boolean,
): string {
  const value = ofOutput ? ctx.node.outputs[0]! : ctx.node.inputs[0]!;
  return emitOwn(ctx, 'UnaryGradient', [gradient, value], {
    activation: { type: 'string', value: kind.op },
    alpha: { type: 'float', value: kind.alpha ?? 0 },
    beta: { type: 'float', value: kind.beta ?? 0 },
  });
}
