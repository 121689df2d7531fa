// QLinearConv: convolution of 8-bit integers with 8-bit output.
import { defineOp, notDifferentiable, staysFloat } from './op.js';
import { convAttributes, convGeometry } from './shared/conv-geometry.js';
import {
  costQuantizedConv,
  inferQuantizedConv,
  lowerQuantizedConv,
  referenceQuantizedConv,
} from './shared/conv-quantized.js';

export const qLinearConv = defineOp({
  op: 'QLinearConv',
  domain: '',
  since: 10,
  inputs: [8, 9],
  outputs: [1, 1],
  attributes: convAttributes,
  infer: (ctx) => inferQuantizedConv(convGeometry, ctx),
  reference: (ctx) => referenceQuantizedConv(convGeometry, ctx),
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costQuantizedConv(convGeometry, ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => lowerQuantizedConv(convGeometry, ctx),
});
