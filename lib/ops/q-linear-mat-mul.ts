// QLinearMatMul: the product of 8-bit matrices with 8-bit output.
import { defineOp, notDifferentiable, staysFloat } from './op.js';
import { costOf } from './shared/cost.js';
import {
  type IntegerProduct,
  integerProductShape,
  lowerIntegerProduct,
  referenceIntegerProduct,
} from './shared/integer-product.js';
import { productMacs } from './shared/product.js';
import { byteInput, byteType, checkScalarParams } from './shared/quantized.js';

const form: IntegerProduct = {
  a: 0,
  b: 3,
  bias: -1,
  y: 6,
  transA: false,
  transB: false,
  factor: 1,
  clamp: [null, null],
};

export const qLinearMatMul = defineOp({
  op: 'QLinearMatMul',
  domain: '',
  since: 10,
  inputs: [8, 8],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    byteInput(ctx, 0, 2, 'a');
    byteInput(ctx, 3, 5, 'b');
    checkScalarParams(ctx, 1, 'a');
    checkScalarParams(ctx, 6, 'y');
    return [{ dtype: byteType(ctx, 7, 'a y zero point'), dims: integerProductShape(form, ctx).dims }];
  },
  reference: (ctx) => [referenceIntegerProduct(form, ctx)],
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costOf(productMacs(integerProductShape(form, ctx)), ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => lowerIntegerProduct(form, ctx),
});
