// Softmax along one axis.
import { softmaxGradient } from './gradients/softmax.js';
import { defineOp, noMacs } from './op.js';
import { inferRows, lowerSoftmax, referenceRows, rowChannels, softmaxRow } from './shared/axis-rows.js';
import { integerUnary } from './shared/integer-unary.js';

export const softmax = defineOp({
  op: 'Softmax',
  domain: '',
  since: 13,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: -1 } },
  infer: inferRows,
  reference: (ctx) => referenceRows(ctx, softmaxRow),
  gradient: softmaxGradient(0),
  cost: noMacs,
  quantize: {
    kind: 'arithmetic',
    data: [0],
    integer: (ctx) =>
      integerUnary(ctx, 'QLinearSoftmax', 'com.microsoft', { opset: { type: 'int', value: 13 } }),
  },
  lower: (ctx) => lowerSoftmax(ctx, 0),
  // A step of 1/256, which onnxruntime asks of QLinearSoftmax.
  bounds: () => ({ gives: { min: 0, max: 255 / 256 } }),
  channels: rowChannels,
});
