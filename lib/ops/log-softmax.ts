// LogSoftmax along one axis.
import { softmaxGradient } from './gradients/softmax.js';
import { defineOp, noMacs, staysFloat } from './op.js';
import { inferRows, logSoftmaxRow, lowerSoftmax, referenceRows, rowChannels } from './shared/axis-rows.js';

export const logSoftmax = defineOp({
  op: 'LogSoftmax',
  domain: '',
  since: 13,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: -1 } },
  infer: inferRows,
  reference: (ctx) => referenceRows(ctx, logSoftmaxRow),
  gradient: softmaxGradient(1),
  cost: noMacs,
  quantize: staysFloat('logarithms of probabilities need more than 8 bits'),
  lower: (ctx) => lowerSoftmax(ctx, 1),
  channels: rowChannels,
});
