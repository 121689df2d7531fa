// MatMul: the matrix product with the dimension rules of numpy.
import { matMulGradient } from './gradients/product.js';
import { defineOp } from './op.js';
import { noActivation } from './shared/activation.js';
import type { FormOf } from './shared/float-product.js';
import { productOf } from './shared/product-op.js';

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
  ...productOf(form),
  learns: [0, 1],
  gradient: matMulGradient,
});
