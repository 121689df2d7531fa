// ConvTranspose: the transposed convolution, over one to three spatial axes.
import { convTransposeGradient } from './gradients/convolution.js';
import { defineOp } from './op.js';
import { noActivation } from './shared/activation.js';
import {
  costFloatConv,
  type FloatConv,
  inferFloatConv,
  lowerFloatConv,
  referenceFloatConv,
} from './shared/conv-float.js';
import { convTransposeAttributes, convTransposeGeometry } from './shared/conv-geometry.js';
import { convChannels } from './shared/product-channels.js';
import { linearPart } from './shared/quantize-rule.js';
import { channelAxis, integerConv } from './shared/weighted-rule.js';

const form: FloatConv = { geometry: convTransposeGeometry, activation: () => noActivation };

export const convTranspose = defineOp({
  op: 'ConvTranspose',
  domain: '',
  since: 1,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: convTransposeAttributes,
  infer: (ctx) => inferFloatConv(form, ctx),
  reference: (ctx) => referenceFloatConv(form, ctx),
  learns: [1, 2],
  gradient: convTransposeGradient,
  cost: (ctx) => costFloatConv(form, ctx),
  quantize: {
    kind: 'weighted',
    weight: 1,
    axis: () => channelAxis.QConvTranspose,
    outputAxis: () => 1,
    bias: 2,
    linear: (node) => linearPart(node),
    integer: (ctx) => integerConv(ctx, 'QConvTranspose', Object.keys(convTransposeAttributes), noActivation),
    // Each phase of the stride reads other taps.
    rows: () => null,
  },
  lower: (ctx) => lowerFloatConv(form, ctx),
  channels: convChannels(true),
});
