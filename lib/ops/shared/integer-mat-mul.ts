// The matrix products of com.microsoft with bytes inside and floats outside: MatMulIntegerToFloat is given bytes,
// DynamicQuantizeMatMul quantises A over its own range.
import { sizeOf } from '../../tensor/shape.js';
import { type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type InferContext,
  inputType,
  inputValue,
  type LowerContext,
  type ReferenceContext,
  type TensorType,
} from '../op.js';
import { noActivation } from './activation.js';
import { weightsS8 } from './conv-lowering.js';
import { checkType, illegalShape } from './illegal.js';
import { integerSums } from './integer-product.js';
import { emitLiveProduct, type LiveBytes, scaledSums } from './integer-to-float.js';
import { type Product, productOf } from './product.js';
import { isPointwise, pointWindow, weightsNk, writeRows } from './product-lowering.js';
import { byteInput } from './quantized.js';

/** Where B, its scale and zero point (one, or one per column) and the bias stand. */
export interface IntegerMatMul {
  readonly b: number;
  readonly bScale: number;
  readonly bZero: number;
  readonly bias: number;
}

export const matMulShape = (form: IntegerMatMul, ctx: InferContext): Product =>
  productOf(inputType(ctx, 0).dims, inputType(ctx, form.b).dims, false, false, ctx.where);

export function inferIntegerMatMul(form: IntegerMatMul, ctx: InferContext): readonly TensorType[] {
  byteInput(ctx, form.b, form.bZero, 'B');
  checkType(inputType(ctx, form.bScale).dtype, ['float32'], 'a scale of B', ctx.where);
  const p = matMulShape(form, ctx);
  for (const i of [form.bScale, form.bZero, form.bias]) {
    const type = ctx.inputs[i];
    const size = sizeOf(type?.dims ?? []);
    if (type !== undefined && size !== p.n && (size !== 1 || i === form.bias))
      illegalShape(`input ${i} of shape [${p.n}]`, ctx.where, type.dims);
  }
  return [{ dtype: 'float32', dims: p.dims }];
}

export function referenceIntegerMatMul(
  form: IntegerMatMul,
  ctx: ReferenceContext,
  a: TensorValue,
  scale: number,
  zero: number,
): TensorValue {
  const b = inputValue(ctx, form.b);
  const p = productOf(a.dims, b.dims, false, false, ctx.where);
  const sums = integerSums(a, zero, b, ctx.inputs[form.bZero], p);
  const scales = { x: scale, w: inputValue(ctx, form.bScale) };
  return scaledSums(sums, p.dims, (i) => i % p.n, scales, ctx.inputs[form.bias]);
}

/** `from` gives the bytes of A as rows of a 1x1 convolution. */
export function lowerIntegerMatMul(
  form: IntegerMatMul,
  ctx: LowerContext,
  from: (p: Product) => LiveBytes,
): boolean {
  const p = matMulShape(form, ctx);
  const { b, bScale, bZero, bias } = form;
  const known = [b, bScale, bZero, bias].every((i) => ctx.inputs[i] === undefined || ctx.value(i));
  if (!known || !isPointwise(p)) return false;
  const weights = ctx.value(b)!;
  emitLiveProduct(
    ctx,
    {
      from: from(p),
      packed: weightsNk(ctx, weightsS8(weights), p),
      w: weights,
      wScale: ctx.value(bScale)!,
      wZero: ctx.value(bZero),
      bias: ctx.value(bias),
      activation: noActivation,
      y: writeRows(ctx, p),
    },
    pointWindow,
  );
  return true;
}

export const firstNumber = (value: TensorValue): number => toNumbers(value)[0];
