// MatMulInteger: the product of 8-bit matrices with int32 output.
import { type Dims, sameDims, sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  type LowerContext,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
} from './op.js';
import { weightsS8 } from './shared/conv-lowering.js';
import { costOf } from './shared/cost.js';
import { broadcastTo } from './shared/float-product.js';
import { illegalShape } from './shared/illegal.js';
import { emitSums, storedZeroPoint } from './shared/integer-sums.js';
import { multiply, type Product, productMacs, productOf } from './shared/product.js';
import {
  isPointwise,
  pointWindow,
  readRows,
  weightsNk,
  writeMatrix,
  writeRows,
} from './shared/product-lowering.js';
import { byteInput } from './shared/quantized.js';

const B = 1;
const A_ZERO = 2;
const B_ZERO = 3;

const shape = (ctx: InferContext): Product =>
  productOf(inputType(ctx, 0).dims, inputType(ctx, B).dims, false, false, ctx.where);

/** Dims with which the zero points of a matrix, input i, broadcast to it: one; one per row of A or column of B, as a list or
 *  with the dims of the matrix but for its K. */
function zeroDims(own: Dims, i: number, p: Product, where: string): Dims {
  if (sizeOf(own) === 1) return [];
  const matrix = i === A_ZERO ? p.a : p.b;
  const k = matrix.length - (i === A_ZERO ? 1 : 2);
  const each = matrix.map((size, axis) => (axis === k ? 1 : size));
  const list = each.slice(-2);
  if (own.length === 1 && own[0] === sizeOf(list)) return list;
  if (!sameDims(own, each)) illegalShape(`zero points of shape [${each}]`, where, own);
  return own;
}

/** The matrix that is input i minus its zero points, which are input `zero`. */
function centeredMatrix(ctx: ReferenceContext, i: number, zero: number, p: Product): Float64Array {
  const values = toNumbers(inputValue(ctx, i));
  const zeros = ctx.inputs[zero];
  if (zeros === undefined) return values;
  const each = broadcastTo(toNumbers(zeros), zeroDims(zeros.dims, zero, p, ctx.where), i === 0 ? p.a : p.b);
  return values.map((v, at) => v - each[at]);
}

/** Constant B: a convolution with packed weights. Else both have one zero point. */
function lower(ctx: LowerContext): boolean {
  const p = shape(ctx);
  const [b, bZero] = [ctx.value(B), ctx.value(B_ZERO)];
  const packs =
    b !== undefined && isPointwise(p) && (bZero !== undefined || ctx.inputs[B_ZERO] === undefined);
  const single = (i: number): boolean => sizeOf(ctx.inputs[i]?.dims ?? []) === 1;
  if (!single(A_ZERO) || (!packs && !single(B_ZERO))) return false;
  const zero = storedZeroPoint(ctx, 0, A_ZERO);
  if (packs) {
    const packed = weightsNk(ctx, weightsS8(b), p);
    const y = writeRows(ctx, p);
    emitSums(ctx, { x: readRows(ctx, 0, p), zero, packed, w: b, wZero: bZero, y }, pointWindow);
    return true;
  }
  const matrices = [ctx.reshape(ctx.read(0, 'plain'), p.a), ctx.reshape(ctx.read(B, 'plain'), p.b)];
  const params = { aZero: 0, bZero: 0, scale: 1, yZero: 0, lo: 0, hi: 255 };
  ctx.emit('matmul_u8', [...matrices, zero, storedZeroPoint(ctx, B, B_ZERO)], [writeMatrix(ctx, p)], params);
  return true;
}

export const matMulInteger = defineOp({
  op: 'MatMulInteger',
  domain: '',
  since: 10,
  inputs: [2, 4],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    byteInput(ctx, 0, A_ZERO, 'A');
    byteInput(ctx, B, B_ZERO, 'B');
    const p = shape(ctx);
    for (const zero of [A_ZERO, B_ZERO]) zeroDims(ctx.inputs[zero]?.dims ?? [], zero, p, ctx.where);
    return [{ dtype: 'int32', dims: p.dims }];
  },
  reference: (ctx) => {
    const p = productOf(inputValue(ctx, 0).dims, inputValue(ctx, B).dims, false, false, ctx.where);
    const a = centeredMatrix(ctx, 0, A_ZERO, p);
    const b = centeredMatrix(ctx, B, B_ZERO, p);
    return [fromNumbers('int32', p.dims, multiply(a, b, p, Int32Array))];
  },
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costOf(productMacs(shape(ctx)), ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower,
});
