// Gradients of softmaxes and of the losses behind them.
import { type Dims, normalizeAxis } from '../../tensor/shape.js';
import { type GradientContext, type GradientRule, intAttr } from '../op.js';
import { emit, emitOwn, int, ofFirst } from './emit.js';

const softmaxNode = (ctx: GradientContext, gradient: string, y: string, axis: number, log: number): string =>
  emitOwn(ctx, 'SoftmaxGradient', [gradient, y], { axis: int(axis), log: int(log) });

export const softmaxGradient = (log: 0 | 1): GradientRule =>
  ofFirst((ctx, gradient) => {
    const rank = ctx.outputs[0]!.dims.length;
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', -1), rank, ctx.where);
    return softmaxNode(ctx, gradient, ctx.node.outputs[0]!, axis, log);
  });

/** The gradient of the logarithms of probabilities that a loss over classes reads. */
const lossNode = (ctx: GradientContext, dims: Dims): string => {
  const { ignore_index, reduction } = ctx.node.attributes;
  return emitOwn(
    ctx,
    'NegativeLogLikelihoodLossGradient',
    [ctx.outputGradient(0)!, ...ctx.node.inputs.slice(1)],
    {
      ...(ignore_index && { ignore_index }),
      ...(reduction && { reduction }),
      classes: int(dims[1]!),
    },
  );
};

export const negativeLogLikelihoodGradient: GradientRule = (ctx) => [lossNode(ctx, ctx.inputs[0]!.dims)];

/** Through the logarithms: those of the second output where the node has it, else computed anew. */
export const crossEntropyGradient: GradientRule = (ctx) => {
  const [x] = ctx.node.inputs as readonly [string];
  const second = ctx.node.outputs[1] ?? '';
  const logs = second === '' ? emit(ctx, 'LogSoftmax', [x], { axis: int(1) }) : second;
  const parts = [
    ctx.outputGradient(0) === undefined ? undefined : lossNode(ctx, ctx.inputs[0]!.dims),
    ctx.outputGradient(1),
  ].filter((part) => part !== undefined);
  const whole = parts.length === 1 ? parts[0]! : emit(ctx, 'Add', parts);
  return [softmaxNode(ctx, whole, logs, 1, 1)];
};
