// FusedConv (ai.kompakt): Conv, then a residual (input Z) and an activation.
import { defineOp, notDifferentiable } from './op.js';
import { activationAttributes, activationOf } from './shared/activation.js';
import {
  costFloatConv,
  type FloatConv,
  inferFloatConv,
  lowerFloatConv,
  referenceFloatConv,
} from './shared/conv-float.js';
import { convAttributes, convGeometry } from './shared/conv-geometry.js';
import { convRule } from './shared/conv-rule.js';

const form: FloatConv = { geometry: convGeometry, activation: activationOf };

export const fusedConv = defineOp({
  op: 'FusedConv',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 4],
  outputs: [1, 1],
  attributes: { ...convAttributes, ...activationAttributes },
  infer: (ctx) => inferFloatConv(form, ctx),
  reference: (ctx) => referenceFloatConv(form, ctx),
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx) => costFloatConv(form, ctx),
  quantize: convRule(activationOf),
  lower: (ctx) => lowerFloatConv(form, ctx),
});
