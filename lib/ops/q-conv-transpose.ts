// QConvTranspose (ai.kompakt): ConvTranspose of 8-bit integers.
// Inputs: x, x_scale, x_zero, w, w_scale, w_zero, y_scale?, y_zero?, bias?.
import { defineOp, notDifferentiable, staysFloat } from './op.js';
import { convTransposeAttributes, convTransposeGeometry } from './shared/conv-geometry.js';
import {
  costQuantizedConv,
  inferQuantizedConv,
  lowerQuantizedConv,
  referenceQuantizedConv,
} from './shared/conv-quantized.js';

export const qConvTranspose = defineOp({
  op: 'QConvTranspose',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [6, 9],
  outputs: [1, 1],
  attributes: convTransposeAttributes,
  infer: (ctx) => inferQuantizedConv(convTransposeGeometry, ctx),
  reference: (ctx) => referenceQuantizedConv(convTransposeGeometry, ctx),
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costQuantizedConv(convTransposeGeometry, ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => lowerQuantizedConv(convTransposeGeometry, ctx),
});
