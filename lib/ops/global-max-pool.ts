// GlobalMaxPool: the largest element of each channel.
import { extremePart, reduction, spatialAxes } from './gradients/reduction.js';
import { defineOp, inputType, noMacs } from './op.js';
import { planeChannels } from './shared/channels.js';
import { readNhwc, writeNhwc } from './shared/conv-lowering.js';
import { lowerGlobalPool, referenceGlobalPool } from './shared/global-pool.js';
import { byteTypes, floatTypes } from './shared/illegal.js';
import { inferGlobalPool } from './shared/pooling.js';

export const globalMaxPool = defineOp({
  op: 'GlobalMaxPool',
  domain: '',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => [inferGlobalPool(ctx, [...floatTypes, ...byteTypes])],
  reference: (ctx) =>
    referenceGlobalPool(ctx, (channel) => channel.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)),
  gradient: reduction(spatialAxes, extremePart),
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    if (dtype === 'float32') return lowerGlobalPool(ctx, 'max');
    if ((dtype !== 'uint8' && dtype !== 'int8') || dims.length > 4) return false;
    const x = readNhwc(ctx, 0);
    ctx.emit('max_pool', [x], [writeNhwc(ctx, 0)], {
      kernel: [x.dims[1], x.dims[2]],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
    });
    return true;
  },
  channels: planeChannels,
});
