// MatMulIntegerToFloat (com.microsoft): the product of 8-bit matrices, times their scales, plus a float bias.
// Inputs: A, B, a_scale, b_scale (one, or one per column), a_zero_point?, b_zero_point?, bias?.
import { sizeOf } from '../tensor/shape.js';
import { defineOp, inputType, inputValue, notDifferentiable, staysFloat } from './op.js';
import { costOf } from './shared/cost.js';
import { checkType, illegalShape } from './shared/illegal.js';
import {
  firstNumber,
  type IntegerMatMul,
  inferIntegerMatMul,
  lowerIntegerMatMul,
  matMulShape,
  referenceIntegerMatMul,
} from './shared/integer-mat-mul.js';
import { liveBytes } from './shared/integer-to-float.js';
import { productMacs } from './shared/product.js';
import { readRows } from './shared/product-lowering.js';
import { byteInput, zeroOf } from './shared/quantized.js';

const form: IntegerMatMul = { b: 1, bScale: 3, bZero: 5, bias: 6 };
const A_SCALE = 2;
const A_ZERO = 4;

export const matMulIntegerToFloat = defineOp({
  op: 'MatMulIntegerToFloat',
  domain: 'com.microsoft',
  since: 1,
  inputs: [4, 7],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    byteInput(ctx, 0, A_ZERO, 'A');
    checkType(inputType(ctx, A_SCALE).dtype, ['float32'], 'a scale of A', ctx.where);
    for (const i of [A_SCALE, A_ZERO])
      if (sizeOf(ctx.inputs[i]?.dims ?? []) !== 1)
        illegalShape(`one number as input ${i}`, ctx.where, ctx.inputs[i]!.dims);
    return inferIntegerMatMul(form, ctx);
  },
  reference: (ctx) => [
    referenceIntegerMatMul(
      form,
      ctx,
      inputValue(ctx, 0),
      firstNumber(inputValue(ctx, A_SCALE)),
      zeroOf(ctx.inputs[A_ZERO]),
    ),
  ],
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costOf(productMacs(matMulShape(form, ctx)), ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) =>
    lowerIntegerMatMul(form, ctx, (p) => liveBytes(ctx, readRows(ctx, 0, p), 0, A_SCALE, A_ZERO)),
});
