// FusedMatMul (ai.kompakt): activation(factor * A x B + C).
import { defineOp, floatAttr, intAttr, notDifferentiable } from './op.js';
import { activationAttributes, activationOf } from './shared/activation.js';
import type { FormOf } from './shared/float-product.js';
import { productOf } from './shared/product-op.js';

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
  ...productOf(form),
  gradient: notDifferentiable('no rule has been written for it'),
});
