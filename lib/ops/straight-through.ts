// StraightThrough (ai.kompakt): the first input; its gradient goes to the second, of the same shape, as it is (Bengio et al.
// 2013, arXiv:1308.3432, section 4). So any function can learn by the derivative of another.
import { sameDims } from '../tensor/shape.js';
import { defineOp, inputType, inputValue, noMacs, staysFloat } from './op.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { illegalShape } from './shared/illegal.js';
import { lowerAsIs } from './shared/move.js';

export const straightThrough = defineOp({
  op: 'StraightThrough',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    const type = typedInput(ctx, 0, floatTypes);
    const { dims } = inputType(ctx, 1);
    if (!sameDims(type.dims, dims)) illegalShape(`inputs of shape [${type.dims}]`, ctx.where, dims);
    return [type];
  },
  reference: (ctx) => [inputValue(ctx, 0)],
  gradient: (ctx) => [undefined, ctx.outputGradient(0)],
  cost: noMacs,
  quantize: staysFloat('training only'),
  lower: lowerAsIs,
});
