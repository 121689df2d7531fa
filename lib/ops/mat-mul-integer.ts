// MatMulInteger: the product of 8-bit matrices with int32 output.
import { fromNumbers } from '../tensor/tensor.js';
import { defineOp, type InferContext, inputType, inputValue, notDifferentiable, staysFloat } from './op.js';
import { costOf } from './shared/cost.js';
import { integerSums } from './shared/integer-product.js';
import { type Product, productMacs, productOf } from './shared/product.js';
import { byteInput, zeroOf } from './shared/quantized.js';

const shape = (ctx: InferContext): Product =>
  productOf(inputType(ctx, 0).dims, inputType(ctx, 1).dims, false, false, ctx.where);

export const matMulInteger = defineOp({
  op: 'MatMulInteger',
  domain: '',
  since: 10,
  inputs: [2, 4],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    byteInput(ctx, 0, 2, 'A');
    byteInput(ctx, 1, 3, 'B');
    return [{ dtype: 'int32', dims: shape(ctx).dims }];
  },
  reference: (ctx) => {
    const a = inputValue(ctx, 0);
    const b = inputValue(ctx, 1);
    const p = productOf(a.dims, b.dims, false, false, ctx.where);
    return [fromNumbers('int32', p.dims, integerSums(a, zeroOf(ctx.inputs[2]), b, ctx.inputs[3], p))];
  },
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costOf(productMacs(shape(ctx)), ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower: 'host',
});
