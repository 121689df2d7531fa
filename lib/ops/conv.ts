// Conv: convolution over one to three spatial axes.
import { convGradient } from './gradients/convolution.js';
import { defineOp } from './op.js';
import { noActivation } from './shared/activation.js';
import {
  costFloatConv,
  type FloatConv,
  inferFloatConv,
  lowerFloatConv,
  referenceFloatConv,
} from './shared/conv-float.js';
import { convAttributes, convGeometry } from './shared/conv-geometry.js';
import { convRule } from './shared/conv-rule.js';
import { convChannels } from './shared/product-channels.js';

const form: FloatConv = { geometry: convGeometry, activation: () => noActivation };

export const conv = defineOp({
  op: 'Conv',
  domain: '',
  since: 1,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: convAttributes,
  infer: (ctx) => inferFloatConv(form, ctx),
  reference: (ctx) => referenceFloatConv(form, ctx),
  learns: [1, 2],
  gradient: convGradient,
  cost: (ctx) => costFloatConv(form, ctx),
  quantize: convRule(() => noActivation),
  lower: (ctx) => lowerFloatConv(form, ctx),
  channels: convChannels(false),
});
