// The negative logarithms of the probabilities that labels were given, weighted and reduced.
import { toNumbers } from '../tensor/tensor.js';
import { defineOp, inputValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { classLoss, inferLoss, lossAttributes } from './shared/class-loss.js';

export const negativeLogLikelihoodLoss = defineOp({
  op: 'NegativeLogLikelihoodLoss',
  domain: '',
  since: 12,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: lossAttributes,
  infer: (ctx) => [inferLoss(ctx)],
  reference: (ctx) => [classLoss(ctx, toNumbers(inputValue(ctx, 0)))],
  gradient: notDifferentiable('networks that are trained here do not contain it'),
  cost: noMacs,
  quantize: staysFloat('losses are for training'),
  lower: 'host',
});
