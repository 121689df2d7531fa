// QConv (ai.kompakt): QLinearConv with a clamp, a residual and a table fused behind it, or with float output.
// Inputs: x, x_scale, x_zero, w, w_scale, w_zero, y_scale?, y_zero?, bias?, residual?, residual_scale?,
// residual_zero?, sum_scale?, sum_zero?, table? (256 stored bytes by stored byte). The residual broadcasts as in QLinearAdd,
// which it is again where the plan finds that it does.
import { defineOp, notDifferentiable, staysFloat } from './op.js';
import { convAttributes, convGeometry } from './shared/conv-geometry.js';
import {
  costQuantizedConv,
  inferQuantizedConv,
  lowerQuantizedConv,
  referenceQuantizedConv,
  separateSum,
} from './shared/conv-quantized.js';

export const qConv = defineOp({
  op: 'QConv',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [6, 15],
  outputs: [1, 1],
  attributes: { ...convAttributes, lo: { type: 'int', default: null }, hi: { type: 'int', default: null } },
  infer: (ctx) => inferQuantizedConv(convGeometry, ctx),
  reference: (ctx) => referenceQuantizedConv(convGeometry, ctx),
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costQuantizedConv(convGeometry, ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => lowerQuantizedConv(convGeometry, ctx),
  inline: (ctx) => separateSum(convGeometry, ctx),
});
