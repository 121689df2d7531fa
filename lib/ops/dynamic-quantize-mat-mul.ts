// DynamicQuantizeMatMul (com.microsoft): A is quantised over its own range, multiplied with 8-bit B, and scaled back.
// Inputs: A (float), B, b_scale (one, or one per column), b_zero_point?, bias?.
import { dynamicQuantizeLinear } from './dynamic-quantize-linear.js';
import { defineOp, inputType, inputValue, notDifferentiable, staysFloat } from './op.js';
import { costOf } from './shared/cost.js';
import { checkType } from './shared/illegal.js';
import {
  firstNumber,
  type IntegerMatMul,
  inferIntegerMatMul,
  lowerIntegerMatMul,
  matMulShape,
  referenceIntegerMatMul,
} from './shared/integer-mat-mul.js';
import { quantizedLive } from './shared/integer-to-float.js';
import { productMacs } from './shared/product.js';
import { readRows } from './shared/product-lowering.js';

const form: IntegerMatMul = { b: 1, bScale: 2, bZero: 3, bias: 4 };

export const dynamicQuantizeMatMul = defineOp({
  op: 'DynamicQuantizeMatMul',
  domain: 'com.microsoft',
  since: 1,
  inputs: [3, 5],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    checkType(inputType(ctx, 0).dtype, ['float32'], 'A', ctx.where);
    return inferIntegerMatMul(form, ctx);
  },
  reference: (ctx) => {
    const [a, scale, zero] = dynamicQuantizeLinear.reference({ ...ctx, inputs: [inputValue(ctx, 0)] });
    return [referenceIntegerMatMul(form, ctx, a, firstNumber(scale), firstNumber(zero))];
  },
  acrossRows: true,
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costOf(productMacs(matMulShape(form, ctx)), ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => lowerIntegerMatMul(form, ctx, (p) => quantizedLive(ctx, readRows(ctx, 0, p))),
});
