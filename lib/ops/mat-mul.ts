// MatMul: the matrix product with the dimension rules of numpy.
import { matMulGradient } from './gradients/product.js';
import { defineOp } from './op.js';
import { noActivation } from './shared/activation.js';
import {
  costProduct,
  type FormOf,
  inferProduct,
  lowerProduct,
  referenceProduct,
} from './shared/float-product.js';
import { productRule } from './shared/product-rule.js';

const form: FormOf = () => ({
  transA: false,
  transB: false,
  factor: 1,
  biasFactor: 1,
  activation: noActivation,
});

export const matMul = defineOp({
  op: 'MatMul',
  domain: '',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => inferProduct(form, ctx),
  reference: (ctx) => referenceProduct(form, ctx),
  learns: [0, 1],
  gradient: matMulGradient,
  cost: (ctx) => costProduct(form, ctx),
  quantize: productRule(form),
  lower: (ctx) => lowerProduct(form, ctx),
});
