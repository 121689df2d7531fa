// Products of 8-bit matrices: QLinearMatMul, QGemm and MatMulInteger differ in where their inputs stand.
import { type DType, dtypes } from '../../tensor/dtype.js';
import { type Dims, sizeOf } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import { type InferContext, inputType, inputValue, type LowerContext, type ReferenceContext } from '../op.js';
import { storageBias } from '../storage.js';
import { weightsS8 } from './conv-lowering.js';
import { broadcastTo } from './float-product.js';
import { multiply, type Product, productOf } from './product.js';
import { isPointwise, pointWindow, readRows, weightsNk, writeMatrix, writeRows } from './product-lowering.js';
import {
  byteType,
  centered,
  combinedScale,
  knownParams,
  requantizeValue,
  saturate,
  scalarParams,
  storedZero,
} from './quantized.js';
import { accumulatorScales, allFinite, perChannel, storedWeightZeros } from './weight-params.js';

/** Indices of the inputs; scale and zero point of a and b follow them directly. -1: the operator has none. */
export interface IntegerProduct {
  readonly a: number;
  readonly b: number;
  readonly bias: number;
  readonly y: number;
  readonly transB: boolean;
  readonly transA: boolean;
  readonly factor: number;
  /** Clamp of the output in its own type; null for the range of the type. */
  readonly clamp: readonly [number | null, number | null];
}

export const integerProductShape = (form: IntegerProduct, ctx: InferContext): Product =>
  productOf(inputType(ctx, form.a).dims, inputType(ctx, form.b).dims, form.transA, form.transB, ctx.where);

/** Sums of (a - aZero) * (b - bZero[n]), exact in 32 bits. Zero points of b: one, or one per column. */
export function integerSums(
  a: TensorValue,
  aZero: number,
  b: TensorValue,
  bZero: TensorValue | undefined,
  p: Product,
): Int32Array {
  const values = toNumbers(b);
  const zeros = bZero === undefined ? [0] : toNumbers(bZero);
  for (let i = 0; i < values.length; i++)
    values[i] -= perChannel(zeros, p.transB ? Math.floor(i / p.k) % p.n : i % p.n);
  return multiply(centered(a, aZero), values, p, Int32Array);
}

const range = (form: IntegerProduct, dtype: DType): readonly [number, number] => [
  saturate(form.clamp[0] ?? dtypes[dtype].min, dtype),
  saturate(form.clamp[1] ?? dtypes[dtype].max, dtype),
];

/** float32(factor * sa), exact for the factor 1. */
const scaleOfA = (form: IntegerProduct, sa: number): number => Math.fround(form.factor * sa);

export function referenceIntegerProduct(form: IntegerProduct, ctx: ReferenceContext): TensorValue {
  const a = inputValue(ctx, form.a);
  const b = inputValue(ctx, form.b);
  const p = productOf(a.dims, b.dims, form.transA, form.transB, ctx.where);
  const pa = scalarParams(ctx, form.a + 1, a.dtype);
  const sums = integerSums(a, pa.zero, b, ctx.inputs[form.b + 2], p);
  const bias = ctx.inputs[form.bias];
  if (bias !== undefined) {
    const values = broadcastTo(bias.data as Int32Array, bias.dims, p.dims);
    for (let i = 0; i < sums.length; i++) sums[i] += values[i];
  }
  const bScales = toNumbers(inputValue(ctx, form.b + 1));
  const py = ctx.inputs[form.y] && scalarParams(ctx, form.y, ctx.inputs[form.y + 1]?.dtype ?? a.dtype);
  const scales = Float32Array.from({ length: p.n }, (_, n) =>
    combinedScale(scaleOfA(form, pa.scale), perChannel(bScales, n), py?.scale),
  );
  if (py === undefined)
    return fromNumbers(
      'float32',
      p.dims,
      Float32Array.from(sums, (v, i) => Math.fround(v) * scales[i % p.n]),
    );
  const [lo, hi] = range(form, py.dtype);
  const y = Float64Array.from(sums, (v, i) =>
    Math.min(hi, Math.max(lo, requantizeValue(v, scales[i % p.n], py.zero))),
  );
  return fromNumbers(py.dtype, p.dims, y);
}

/** True when an int32 bias is one row of N elements. */
const isRow = (dims: Dims, n: number): boolean => sizeOf(dims) === n && (dims[dims.length - 1] ?? 1) === n;

export function lowerIntegerProduct(form: IntegerProduct, ctx: LowerContext): boolean {
  const p = integerProductShape(form, ctx);
  const pa = knownParams(ctx, form.a + 1, inputType(ctx, form.a).dtype);
  const quantized = ctx.inputs[form.y] !== undefined;
  const py = quantized ? knownParams(ctx, form.y, byteType(ctx, form.y + 1, 'y')) : undefined;
  const bScale = ctx.value(form.b + 1);
  if (pa === undefined || bScale === undefined || (quantized && py === undefined)) return false;
  const dtype = py?.dtype ?? 'uint8';
  const [lo, hi] = range(form, dtype);
  const output = {
    yZero: py === undefined ? 0 : storedZero(py),
    lo: lo + storageBias(dtype),
    hi: hi + storageBias(dtype),
  };
  const b = ctx.value(form.b);
  if (b !== undefined && isPointwise(p)) {
    const bias = ctx.value(form.bias);
    const bZero = ctx.value(form.b + 2);
    if (ctx.inputs[form.bias] !== undefined && (bias === undefined || !isRow(bias.dims, p.n))) return false;
    if (ctx.inputs[form.b + 2] !== undefined && bZero === undefined) return false;
    const zeros = storedWeightZeros(b, bZero, p.n);
    const scales = accumulatorScales(bScale, p.n, scaleOfA(form, pa.scale), py?.scale);
    if (!allFinite(scales)) return false;
    const inputs = [
      readRows(ctx, form.a, p),
      weightsNk(ctx, weightsS8(b), p),
      bias === undefined ? null : ctx.constant(bias),
      ctx.constant(scales),
      zeros && ctx.constant(zeros),
      null,
      null,
    ];
    const params = { ...pointWindow, xZero: storedZero(pa), ...output, residual: [] };
    ctx.emit('conv_u8', inputs, [writeRows(ctx, p)], params);
    return true;
  }
  const pb = knownParams(ctx, form.b + 1, inputType(ctx, form.b).dtype);
  if (pb === undefined || ctx.inputs[form.bias] !== undefined || p.transA || p.transB) return false;
  const scale = combinedScale(scaleOfA(form, pa.scale), pb.scale, py?.scale);
  if (!Number.isFinite(scale)) return false;
  const inputs = [ctx.reshape(ctx.read(form.a, 'plain'), p.a), ctx.reshape(ctx.read(form.b, 'plain'), p.b)];
  ctx.emit('matmul_u8', inputs, [writeMatrix(ctx, p)], {
    aZero: storedZero(pa),
    bZero: storedZero(pb),
    scale,
    ...output,
  });
  return true;
}
