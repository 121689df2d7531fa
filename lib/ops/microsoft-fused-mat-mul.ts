// FusedMatMul (com.microsoft): alpha * A x B, either of them transposed.
import { defineOp, floatAttr, intAttr, notDifferentiable } from './op.js';
import { noActivation } from './shared/activation.js';
import { type FormOf, inferProduct } from './shared/float-product.js';
import { illegalAttribute } from './shared/illegal.js';
import { productOf } from './shared/product-op.js';

const form: FormOf = (node) => ({
  transA: intAttr(node, 'transA', 0) !== 0,
  transB: intAttr(node, 'transB', 0) !== 0,
  factor: floatAttr(node, 'alpha', 1),
  biasFactor: 1,
  activation: noActivation,
});

export const microsoftFusedMatMul = defineOp({
  op: 'FusedMatMul',
  domain: 'com.microsoft',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: {
    alpha: { type: 'float', default: 1 },
    transA: { type: 'int', default: 0 },
    transB: { type: 'int', default: 0 },
    transBatchA: { type: 'int', default: 0 },
    transBatchB: { type: 'int', default: 0 },
  },
  ...productOf(form),
  infer: (ctx) => {
    for (const name of ['transBatchA', 'transBatchB'])
      if (intAttr(ctx.node, name, 0) !== 0) illegalAttribute(`${name} 0`, ctx.where, intAttr(ctx.node, name));
    return inferProduct(form, ctx);
  },
  gradient: notDifferentiable('no rule has been written for it'),
});
