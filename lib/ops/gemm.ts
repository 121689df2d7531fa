// Gemm: alpha * A x B + beta * C for matrices.
import { gemmGradient } from './gradients/product.js';
import { defineOp, floatAttr, inputType, intAttr } from './op.js';
import { noActivation } from './shared/activation.js';
import { type FormOf, inferProduct } from './shared/float-product.js';
import { illegalShape } from './shared/illegal.js';
import { productOf } from './shared/product-op.js';

export const gemmForm: FormOf = (node) => ({
  transA: intAttr(node, 'transA', 0) !== 0,
  transB: intAttr(node, 'transB', 0) !== 0,
  factor: floatAttr(node, 'alpha', 1),
  biasFactor: floatAttr(node, 'beta', 1),
  activation: noActivation,
});

export const gemm = defineOp({
  op: 'Gemm',
  domain: '',
  since: 7,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: {
    alpha: { type: 'float', default: 1 },
    beta: { type: 'float', default: 1 },
    transA: { type: 'int', default: 0 },
    transB: { type: 'int', default: 0 },
  },
  ...productOf(gemmForm),
  infer: (ctx) => {
    for (const i of [0, 1]) {
      const { dims } = inputType(ctx, i);
      if (dims.length !== 2) illegalShape('matrices', ctx.where, dims);
    }
    return inferProduct(gemmForm, ctx);
  },
  learns: [1, 2],
  gradient: gemmGradient,
});
