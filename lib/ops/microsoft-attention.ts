// Attention (com.microsoft): self-attention over the projections of one input. Inputs: x, weights, bias?, mask_index?,
// past?, attention_bias?.

import { f32, toNumbers } from '../tensor/tensor.js';
import { matMul } from './mat-mul.js';
import { defineOp, inputType, inputValue, notDifferentiable, staysFloat } from './op.js';
import { broadcastTo } from './shared/float-product.js';
import { checkType } from './shared/illegal.js';
import {
  costProjected,
  inferProjected,
  inlineProjected,
  type ProjectedForm,
  projectedAttributes,
  referenceProjected,
} from './shared/projected-attention.js';

const BIAS = 2;

const form: ProjectedForm = {
  weights: 1,
  bias: BIAS,
  mask: 3,
  past: 4,
  extra: 5,
  project: (ctx) => {
    const [product] = matMul.reference({ ...ctx, inputs: [inputValue(ctx, 0), inputValue(ctx, 1)] });
    const bias = ctx.inputs[BIAS];
    if (bias === undefined) return product;
    const addends = broadcastTo(toNumbers(bias), bias.dims, product.dims);
    return f32(
      product.dims,
      toNumbers(product).map((v, i) => v + addends[i]),
    );
  },
  projectIn: (body, ctx) => {
    const bias = ctx.inputs[BIAS] === undefined ? [] : [body.input(BIAS)];
    return body.one('FusedMatMul', [body.input(0), body.input(1), ...bias], {}, 'ai.kompakt');
  },
};

export const microsoftAttention = defineOp({
  op: 'Attention',
  domain: 'com.microsoft',
  since: 1,
  inputs: [2, 6],
  outputs: [1, 2],
  attributes: { ...projectedAttributes, qkv_hidden_sizes: { type: 'ints', default: null } },
  infer: (ctx) => {
    checkType(inputType(ctx, 0).dtype, ['float32'], 'an input', ctx.where);
    return inferProjected(form, ctx);
  },
  reference: (ctx) => referenceProjected(form, ctx),
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx) => costProjected(form, ctx),
  quantize: staysFloat('shares of attention need more than 8 bits'),
  lower: 'host',
  inline: (ctx) => inlineProjected(form, ctx),
});
