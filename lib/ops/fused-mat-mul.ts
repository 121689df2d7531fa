// FusedMatMul (ai.kompakt): activation(factor * A x B + C).
import { defineOp, floatAttr, intAttr, notDifferentiable } from './op.js';
import { activationAttributes, activationOf } from './shared/activation.js';
import {
  costProduct,
  type FormOf,
  inferProduct,
  lowerProduct,
  referenceProduct,
} from './shared/float-product.js';
import { productRule } from './shared/product-rule.js';

const form: FormOf = (node) => ({
  transA: intAttr(node, 'transA', 0) !== 0,
  transB: intAttr(node, 'transB', 0) !== 0,
  factor: floatAttr(node, 'factor', 1),
  biasFactor: 1,
  activation: activationOf(node),
});

export const fusedMatMul = defineOp({
  op: 'FusedMatMul',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: {
    ...activationAttributes,
    factor: { type: 'float', default: 1 },
    transA: { type: 'int', default: 0 },
    transB: { type: 'int', default: 0 },
  },
  infer: (ctx) => inferProduct(form, ctx),
  reference: (ctx) => referenceProduct(form, ctx),
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx) => costProduct(form, ctx),
  quantize: productRule(form),
  lower: (ctx) => lowerProduct(form, ctx),
});
