// The input itself.
import { defineOp, inputType, inputValue, noMacs, notDifferentiable } from './op.js';
import { lowerAsIs } from './shared/move.js';

export const identity = defineOp({
  op: 'Identity',
  domain: '',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => [inputType(ctx, 0)],
  reference: (ctx) => [inputValue(ctx, 0)],
  gradient: notDifferentiable('networks that are trained here do not contain it'),
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: lowerAsIs,
  containers: true,
});
