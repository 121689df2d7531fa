// The input itself.
import { identityGradient } from './gradients/movement.js';
import { defineOp, inputType, inputValue, noMacs } from './op.js';
import { elementwiseChannels } from './shared/channels.js';
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
  gradient: identityGradient,
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: lowerAsIs,
  containers: true,
  channels: elementwiseChannels,
});
