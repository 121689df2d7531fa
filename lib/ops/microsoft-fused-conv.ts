// FusedConv (com.microsoft): Conv, then a residual (input Z) and an activation named by its ONNX operator.
import { defineOp, notDifferentiable } from './op.js';
import { microsoftActivationOf } from './shared/activation.js';
import {
  costFloatConv,
  type FloatConv,
  inferFloatConv,
  lowerFloatConv,
  referenceFloatConv,
} from './shared/conv-float.js';
import { convAttributes, convGeometry } from './shared/conv-geometry.js';
import { convRule } from './shared/conv-rule.js';

const form: FloatConv = { geometry: convGeometry, activation: microsoftActivationOf };

export const microsoftFusedConv = defineOp({
  op: 'FusedConv',
  domain: 'com.microsoft',
  since: 1,
  inputs: [2, 4],
  outputs: [1, 1],
  attributes: {
    ...convAttributes,
    activation: { type: 'string', default: '' },
    activation_params: { type: 'floats', default: null },
  },
  infer: (ctx) => inferFloatConv(form, ctx),
  reference: (ctx) => referenceFloatConv(form, ctx),
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx) => costFloatConv(form, ctx),
  quantize: convRule(microsoftActivationOf),
  lower: (ctx) => lowerFloatConv(form, ctx),
});
