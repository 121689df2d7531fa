// QLinearAdd and QLinearMul of com.microsoft: A, A_scale, A_zero, B, B_scale, B_zero, C_scale, C_zero.
import { broadcastDims } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type Buffer,
  type InferContext,
  inputType,
  inputValue,
  type Layout,
  type LowerContext,
  type ReferenceContext,
  type TensorType,
} from '../op.js';
import { broadcastTo } from './float-product.js';
import {
  byteInput,
  byteType,
  checkScalarParams,
  knownParams,
  type Scalar8,
  saturate,
  scalarParams,
} from './quantized.js';

const A = 0;
const B = 3;
const C = 6;

export function inferIntegerBinary(ctx: InferContext): readonly TensorType[] {
  const dtype = byteInput(ctx, A, A + 2, 'A');
  byteInput(ctx, B, B + 2, 'B');
  checkScalarParams(ctx, A + 1, 'A');
  checkScalarParams(ctx, B + 1, 'B');
  checkScalarParams(ctx, C, 'C');
  const dims = broadcastDims([inputType(ctx, A).dims, inputType(ctx, B).dims], ctx.where);
  return [{ dtype: ctx.inputs[C + 1] === undefined ? dtype : byteType(ctx, C + 1, 'a C zero point'), dims }];
}

export interface BinaryParams {
  readonly a: Scalar8;
  readonly b: Scalar8;
  readonly c: Scalar8;
}

/** Applies f to (a - aZero, b - bZero) of every element and saturates. */
export function referenceIntegerBinary(
  ctx: ReferenceContext,
  f: (a: number, b: number, params: BinaryParams) => number,
): readonly TensorValue[] {
  const left = inputValue(ctx, A);
  const right = inputValue(ctx, B);
  const dims = broadcastDims([left.dims, right.dims], ctx.where);
  const params = {
    a: scalarParams(ctx, A + 1, left.dtype),
    b: scalarParams(ctx, B + 1, right.dtype),
    c: scalarParams(ctx, C, ctx.inputs[C + 1]?.dtype ?? left.dtype),
  };
  const a = broadcastTo(toNumbers(left), left.dims, dims);
  const b = broadcastTo(toNumbers(right), right.dims, dims);
  const out = a.map((v, i) => saturate(f(v - params.a.zero, b[i] - params.b.zero, params), params.c.dtype));
  return [fromNumbers(params.c.dtype, dims, out)];
}

/** Parameters at plan time, undefined when not known. */
export function planBinary(ctx: InferContext): BinaryParams | undefined {
  const { dtype } = inputType(ctx, A);
  const a = knownParams(ctx, A + 1, dtype);
  const b = knownParams(ctx, B + 1, inputType(ctx, B).dtype);
  const c = knownParams(ctx, C, ctx.inputs[C + 1]?.dtype ?? dtype);
  return a && b && c && { a, b, c };
}

/** Both operands and the output in one layout: channels-last when an operand is and both have the output's rank. */
export function integerOperands(ctx: LowerContext): { a: Buffer; b: Buffer; y: Buffer } {
  const rank = ctx.outputs[0].dims.length;
  const sameRank = inputType(ctx, A).dims.length === rank && inputType(ctx, B).dims.length === rank;
  const some = ctx.layoutOf(A) === 'channels-last' || ctx.layoutOf(B) === 'channels-last';
  const layout: Layout = sameRank && some ? 'channels-last' : 'plain';
  return { a: ctx.read(A, layout), b: ctx.read(B, layout), y: ctx.write(0, layout) };
}
