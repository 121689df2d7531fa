// Gradients of poolings.
import type { GradientContext } from '../op.js';
import { emitOwn, ints, ofFirst } from './emit.js';

/** Everything that the pooling node says of its window, and the input that it slid over. */
const windowAttributesOf = (ctx: GradientContext) => {
  const { storage_order: _, ...attributes } = ctx.node.attributes;
  return { ...attributes, input_shape: ints(ctx.inputs[0]!.dims) };
};

export const maxPoolGradient = ofFirst((ctx, gradient, x) =>
  emitOwn(ctx, 'MaxPoolGradient', [gradient, x, ctx.node.outputs[0]!], windowAttributesOf(ctx)),
);

export const averagePoolGradient = ofFirst((ctx, gradient) =>
  emitOwn(ctx, 'AveragePoolGradient', [gradient], windowAttributesOf(ctx)),
);
