// GlobalAveragePool: the mean of each channel.
import { meanPart, reduction, spatialAxes } from './gradients/reduction.js';
import { defineOp, noMacs } from './op.js';
import { planeChannels } from './shared/channels.js';
import { lowerGlobalPool, referenceGlobalPool } from './shared/global-pool.js';
import { integerUnary } from './shared/integer-unary.js';
import { inferGlobalPool } from './shared/pooling.js';

export const globalAveragePool = defineOp({
  op: 'GlobalAveragePool',
  domain: '',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => [inferGlobalPool(ctx)],
  reference: (ctx) =>
    referenceGlobalPool(ctx, (channel) => channel.reduce((sum, v) => sum + v, 0) / channel.length),
  gradient: reduction(spatialAxes, meanPart),
  cost: noMacs,
  quantize: {
    kind: 'arithmetic',
    data: [0],
    integer: (ctx) => integerUnary(ctx, 'QLinearGlobalAveragePool', 'com.microsoft'),
  },
  lower: (ctx) => lowerGlobalPool(ctx, 'mean'),
  channels: planeChannels,
});
