// Converts the element type to that of the second input.
import { defineOp, inputType, inputValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { castTensor, lowerCast } from './shared/casting.js';

export const castLike = defineOp({
  op: 'CastLike',
  domain: '',
  since: 15,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { saturate: { type: 'int', default: 1 } },
  infer: (ctx) => [{ dtype: inputType(ctx, 1).dtype, dims: inputType(ctx, 0).dims }],
  reference: (ctx) => [castTensor(inputValue(ctx, 0), inputValue(ctx, 1).dtype, ctx.where)],
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('it changes the type itself'),
  lower: lowerCast,
});
