// Gradients of matrix products.
import type { Dims } from '../../tensor/shape.js';
import { floatAttr, type GradientContext, type GradientRule, intAttr } from '../op.js';
import { emit, float, int, multiply, reshape, scalar, sumTo } from './emit.js';

/** Gemm: y = alpha * A' B' + beta * C. */
export const gemmGradient: GradientRule = (ctx) => {
  const gradient = ctx.outputGradient(0)!;
  const [a, b] = ctx.node.inputs as readonly [string, string];
  const transA = intAttr(ctx.node, 'transA', 0);
  const transB = intAttr(ctx.node, 'transB', 0);
  const alpha = floatAttr(ctx.node, 'alpha', 1);
  const product = (x: string, transX: number, y: string, transY: number): string =>
    emit(ctx, 'Gemm', [x, y], { alpha: float(alpha), transA: int(transX), transB: int(transY) });
  return [
    ctx.wants(0)
      ? transA
        ? product(b, transB, gradient, 1)
        : product(gradient, 0, b, 1 - transB)
      : undefined,
    ctx.wants(1)
      ? transB
        ? product(gradient, 1, a, transA)
        : product(a, 1 - transA, gradient, 0)
      : undefined,
    ctx.wants(2) ? biasGradient(ctx, gradient) : undefined,
  ];
};

function biasGradient(ctx: GradientContext, gradient: string): string {
  const { dtype, dims } = ctx.outputs[0]!;
  const beta = floatAttr(ctx.node, 'beta', 1);
  const sum = sumTo(ctx, gradient, dims, ctx.inputs[2]!.dims);
  return beta === 1 ? sum : multiply(ctx, sum, scalar(ctx, dtype, beta));
}

const swapLast = (ctx: GradientContext, x: string, rank: number): string => {
  const perm = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  return emit(ctx, 'Transpose', [x], { perm: { type: 'ints', value: perm } });
};

/** MatMul: vectors are matrices of one row (A) or column (B); batch dims broadcast. */
export const matMulGradient: GradientRule = (ctx) => {
  const [a, b] = ctx.inputs.map((type) => type!.dims) as [Dims, Dims];
  const aDims = a.length === 1 ? [1, ...a] : a;
  const bDims = b.length === 1 ? [...b, 1] : b;
  const [aName, bName] = ctx.node.inputs as readonly [string, string];
  const matrix = (name: string, from: Dims, to: Dims): string =>
    from.length === to.length ? name : reshape(ctx, name, to);
  const y = ctx.outputs[0]!.dims;
  const m = aDims.at(-2)!;
  const n = bDims.at(-1)!;
  const batch = y.slice(0, y.length - (a.length > 1 ? 1 : 0) - (b.length > 1 ? 1 : 0));
  const yDims = [...batch, m, n];
  const gradient = matrix(ctx.outputGradient(0)!, y, yDims);
  // Rows of a batch that meet one matrix B are the rows of one product.
  if (bDims.length === 2 && aDims.length > 2) {
    const rows = batch.reduce((size, d) => size * d, m);
    const flat = reshape(ctx, gradient, [rows, n]);
    const k = bDims[0]!;
    return [
      ctx.wants(0)
        ? reshape(ctx, emit(ctx, 'Gemm', [flat, matrix(bName, b, bDims)], { transB: int(1) }), a)
        : undefined,
      ctx.wants(1)
        ? reshape(ctx, emit(ctx, 'Gemm', [reshape(ctx, aName, [rows, k]), flat], { transA: int(1) }), b)
        : undefined,
    ];
  }
  const part = (left: string, right: string, own: Dims, rows: number, columns: number): string => {
    const to = own.length === 1 ? [rows, columns] : own;
    const product = emit(ctx, 'MatMul', [left, right]);
    const summed = sumTo(ctx, product, [...batch, rows, columns], to);
    return own.length === 1 ? reshape(ctx, summed, own) : summed;
  };
  const k = aDims.at(-1)!;
  return [
    ctx.wants(0) ? part(gradient, swapLast(ctx, matrix(bName, b, bDims), bDims.length), a, m, k) : undefined,
    ctx.wants(1) ? part(swapLast(ctx, matrix(aName, a, aDims), aDims.length), gradient, b, k, n) : undefined,
  ];
};
