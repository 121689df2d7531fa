// QAttention (com.microsoft): Attention whose projection is a product of 8-bit matrices. Inputs: x, weights, bias,
// x_scale, weight_scale, mask_index?, x_zero_point?, weight_zero_point?, past?.
import { matMulIntegerToFloat } from './mat-mul-integer-to-float.js';
import { defineOp, inputType, notDifferentiable, staysFloat } from './op.js';
import { checkType } from './shared/illegal.js';
import {
  costProjected,
  inferProjected,
  inlineProjected,
  type ProjectedForm,
  projectedAttributes,
  referenceProjected,
} from './shared/projected-attention.js';
import { byteInput } from './shared/quantized.js';

/** The inputs in the order of MatMulIntegerToFloat: A, B, scales, zero points, bias. */
const projectionInputs = [0, 1, 3, 4, 6, 7, 2];

const form: ProjectedForm = {
  weights: 1,
  bias: 2,
  mask: 5,
  past: 8,
  extra: -1,
  project: (ctx) =>
    matMulIntegerToFloat.reference({ ...ctx, inputs: projectionInputs.map((i) => ctx.inputs[i]) })[0],
  projectIn: (body) =>
    body.one(
      'MatMulIntegerToFloat',
      projectionInputs.map((i) => body.input(i) ?? ''),
      {},
      'com.microsoft',
    ),
};

export const qAttention = defineOp({
  op: 'QAttention',
  domain: 'com.microsoft',
  since: 1,
  inputs: [5, 9],
  outputs: [1, 2],
  attributes: projectedAttributes,
  infer: (ctx) => {
    byteInput(ctx, 0, 6, 'an input');
    byteInput(ctx, form.weights, 7, 'weights');
    for (const i of [3, 4]) checkType(inputType(ctx, i).dtype, ['float32'], 'a scale', ctx.where);
    return inferProjected(form, ctx);
  },
  reference: (ctx) => referenceProjected(form, ctx),
  gradient: notDifferentiable('it works on integers'),
  cost: (ctx) => costProjected(form, ctx),
  quantize: staysFloat('its products are integer already'),
  lower: 'host',
  inline: (ctx) => inlineProjected(form, ctx),
});
