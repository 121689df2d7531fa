// Products of every form but those of bytes: activation(factor * A x B + biasFactor * C).
import type { Node } from '../../graph/graph.js';
import { type DType, dtypes } from '../../tensor/dtype.js';
import { broadcastDims, broadcastStrides, type Dims, sameDims, sizeOf } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import {
  type Cost,
  type InferContext,
  inputType,
  inputValue,
  type LowerContext,
  type ReferenceContext,
  type TensorType,
} from '../op.js';
import { type Activation, applyActivation } from './activation.js';
import { costOf } from './cost.js';
import { derivedConstant } from './derived-constant.js';
import { checkType, floatTypes, illegalShape, illegalType } from './illegal.js';
import { multiply, type Product, productMacs, productOf } from './product.js';
import { isPointwise, pointWindow, readRows, weightsNk, writeMatrix, writeRows } from './product-lowering.js';
import { wrappingProduct } from './wrapping-product.js';

export interface ProductForm {
  readonly transA: boolean;
  readonly transB: boolean;
  readonly factor: number;
  readonly biasFactor: number;
  readonly activation: Activation;
}

export type FormOf = (node: Node) => ProductForm;

const shapeOf = (form: ProductForm, a: Dims, b: Dims, where: string): Product =>
  productOf(a, b, form.transA, form.transB, where);

/** The types of MatMul and Gemm. */
const productTypes: readonly DType[] = [...floatTypes, 'int32', 'int64', 'uint32', 'uint64'];

export function inferProduct(formOf: FormOf, ctx: InferContext): readonly TensorType[] {
  const { dtype, dims: a } = inputType(ctx, 0);
  checkType(dtype, productTypes, 'an input', ctx.where);
  const { dims } = shapeOf(formOf(ctx.node), a, inputType(ctx, 1).dims, ctx.where);
  for (const type of ctx.inputs)
    if (type !== undefined && type.dtype !== dtype)
      illegalType(`inputs of type ${dtype}`, ctx.where, type.dtype);
  checkC(ctx, dims);
  return [{ dtype, dims }];
}

function checkC({ inputs, where }: Pick<InferContext, 'inputs' | 'where'>, dims: Dims): void {
  const c = inputs[2];
  if (c !== undefined && !sameDims(broadcastDims([dims, c.dims], where), dims))
    illegalShape(`a C that broadcasts to [${dims.join(',')}]`, where, c.dims);
}

/** Elements of C for each element of the output, in order. */
export function broadcastTo(c: ArrayLike<number>, from: Dims, to: Dims): Float64Array {
  const strides = broadcastStrides(from, to);
  const out = new Float64Array(sizeOf(to));
  for (let i = 0; i < out.length; i++) {
    let rest = i;
    let at = 0;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      at += (rest % to[axis]) * strides[axis];
      rest = Math.floor(rest / to[axis]);
    }
    out[i] = c[at];
  }
  return out;
}

export function referenceProduct(formOf: FormOf, ctx: ReferenceContext): readonly TensorValue[] {
  const form = formOf(ctx.node);
  const a = inputValue(ctx, 0);
  const b = inputValue(ctx, 1);
  const p = shapeOf(form, a.dims, b.dims, ctx.where);
  checkC(ctx, p.dims);
  if (dtypes[a.dtype].integer) return [wrappingProduct(form, p, a, b, ctx.inputs[2])];
  const Sums = a.dtype === 'float32' || a.dtype === 'float16' ? Float32Array : Float64Array;
  const y = multiply<Float32Array | Float64Array>(toNumbers(a), toNumbers(b), p, Sums);
  if (form.factor !== 1) for (let i = 0; i < y.length; i++) y[i] *= form.factor;
  const c = ctx.inputs[2];
  if (c !== undefined) {
    const bias = new Sums(broadcastTo(toNumbers(c), c.dims, p.dims));
    if (form.biasFactor !== 1) for (let i = 0; i < bias.length; i++) bias[i] *= form.biasFactor;
    for (let i = 0; i < y.length; i++) y[i] += bias[i];
  }
  applyActivation(y, form.activation);
  return [fromNumbers(a.dtype, p.dims, y)];
}

export const costProduct = (formOf: FormOf, ctx: InferContext): Cost =>
  costOf(
    productMacs(shapeOf(formOf(ctx.node), inputType(ctx, 0).dims, inputType(ctx, 1).dims, ctx.where)),
    ctx,
  );

/** True when C repeats one row of N elements (or one element) over the whole output. */
const isRow = (c: Dims, n: number): boolean => {
  const last = c[c.length - 1] ?? 1;
  return sizeOf(c) === last && (last === 1 || last === n);
};

/** biasFactor * C, expanded to one row of N elements where `n` is given. */
function scaledBias(c: TensorValue, factor: number, n?: number): TensorValue {
  if (factor === 1 && (n === undefined || (c.dims.length === 1 && c.dims[0] === n))) return c;
  return derivedConstant(c, `bias ${factor} ${n}`, () => {
    const values = c.data as Float32Array;
    const length = n ?? values.length;
    const out = Float32Array.from({ length }, (_, i) => factor * values[i % values.length]);
    return tensor('float32', n === undefined ? c.dims : [n], out);
  });
}

export function lowerProduct(formOf: FormOf, ctx: LowerContext): boolean {
  const form = formOf(ctx.node);
  const a = inputType(ctx, 0);
  const p = shapeOf(form, a.dims, inputType(ctx, 1).dims, ctx.where);
  const c = ctx.inputs[2];
  const known = ctx.value(2);
  if (a.dtype !== 'float32' || (c !== undefined && known === undefined && form.biasFactor !== 1))
    return false;
  const row = c !== undefined && isRow(c.dims, p.n) && (known !== undefined || sizeOf(c.dims) === p.n);
  const weights = ctx.value(1);
  const { factor, activation } = form;
  const params = { transA: Number(form.transA), transB: Number(form.transB), factor };
  if (
    weights !== undefined &&
    isPointwise(p) &&
    factor === 1 &&
    (c === undefined || (row && known !== undefined))
  ) {
    const bias = known === undefined ? null : ctx.constant(scaledBias(known, form.biasFactor, p.n));
    const inputs = [readRows(ctx, 0, p), weightsNk(ctx, weights, p), bias, null];
    ctx.emit('conv_f32', inputs, [writeRows(ctx, p)], { ...pointWindow, ...activation });
    return true;
  }
  const operands = [ctx.reshape(ctx.read(0, 'plain'), p.a), ctx.reshape(ctx.read(1, 'plain'), p.b)];
  if (c === undefined || row) {
    const bias =
      known === undefined ? readRow(ctx, p.n) : ctx.constant(scaledBias(known, form.biasFactor, p.n));
    const inputs = [...operands, c === undefined ? null : bias];
    ctx.emit('matmul_f32', inputs, [writeMatrix(ctx, p)], { ...params, ...activation });
    return true;
  }
  const sum = ctx.temporary('float32', [...p.batch, p.m, p.n]);
  ctx.emit('matmul_f32', [...operands, null], [sum], { ...params, activation: 'none', alpha: 0, beta: 0 });
  const addend =
    known === undefined ? ctx.read(2, 'plain') : ctx.constant(scaledBias(known, form.biasFactor));
  ctx.emit('binary_f32', [sum, addend], [writeMatrix(ctx, p)], { op: 'add', ...activation });
  return true;
}

function readRow(ctx: LowerContext, n: number) {
  return ctx.inputs[2] === undefined ? null : ctx.reshape(ctx.read(2, 'plain'), [n]);
}
