// The negative logarithms of the probabilities that labels were given, weighted and reduced.

import { toNumbers } from '../tensor/tensor.js';
import { negativeLogLikelihoodGradient } from './gradients/softmax.js';
import { defineOp, inputType, inputValue, noMacs, staysFloat } from './op.js';
import { classLoss, inferLoss, lossAttributes, lowerClassLoss } from './shared/class-loss.js';

export const negativeLogLikelihoodLoss = defineOp({
  op: 'NegativeLogLikelihoodLoss',
  domain: '',
  since: 12,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: lossAttributes,
  infer: (ctx) => [inferLoss(ctx)],
  reference: (ctx) => [classLoss(ctx, toNumbers(inputValue(ctx, 0)))],
  gradient: negativeLogLikelihoodGradient,
  cost: noMacs,
  quantize: staysFloat('losses are for training'),
  lower: (ctx) => inputType(ctx, 0).dtype === 'float32' && lowerClassLoss(ctx, ctx.read(0, 'plain')),
});
