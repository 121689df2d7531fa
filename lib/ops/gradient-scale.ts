// GradientScale (ai.kompakt): min(1, limit / (norm + 1e-6)), norm = the root of the sum of squares of all inputs together:
// what brings the gradients of a step to a global norm of at most `limit`.
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { defineOp, floatAttr, inputType, noMacs, notDifferentiable, staysFloat } from './op.js';
import { alikeInputs, floatTypes } from './shared/elements.js';

export const gradientScale = defineOp({
  op: 'GradientScale',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [1, Number.POSITIVE_INFINITY],
  outputs: [1, 1],
  attributes: { limit: { type: 'float' } },
  infer: (ctx) => [{ dtype: alikeInputs(ctx, floatTypes)[0]!.dtype, dims: [1] }],
  reference: (ctx) => {
    let sum = 0;
    for (const input of ctx.inputs) for (const v of toNumbers(input!)) sum += v * v;
    const scale = Math.min(1, floatAttr(ctx.node, 'limit') / (Math.sqrt(sum) + 1e-6));
    return [fromNumbers(ctx.inputs[0]!.dtype, [1], [scale])];
  },
  gradient: notDifferentiable('it is a part of the update'),
  cost: noMacs,
  quantize: staysFloat('gradients need more than 8 bits'),
  lower: (ctx) => {
    if (inputType(ctx, 0).dtype !== 'float32') return false;
    const inputs = ctx.inputs.map((_, i) => ctx.read(i, 'plain'));
    ctx.emit('gradient_scale_f32', inputs, [ctx.write(0, 'plain')], { limit: floatAttr(ctx.node, 'limit') });
    return true;
  },
});
