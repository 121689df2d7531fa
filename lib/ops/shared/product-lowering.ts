// Lowering of matrix products. Products with constant weights run as 1x1 convolutions, whose kernels pack weights
// once; products of two activations have steps of their own.
import { sizeOf } from '../../tensor/shape.js';
import { type TensorValue, tensor } from '../../tensor/tensor.js';
import type { Buffer, LowerContext } from '../op.js';
import type { Product } from './product.js';

/** Window of a 1x1 convolution. */
export const pointWindow = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 } as const;

/** True when B is one matrix and A is a list of rows: the product is a 1x1 convolution. */
export const isPointwise = (p: Product): boolean => !p.transA && sizeOf(p.b) === p.k * p.n;

/** A constant matrix B as convolution weights [N,1,1,K]. */
export function weightsNk(ctx: LowerContext, b: TensorValue, p: Product): Buffer {
  const value = tensor(b.dtype, [p.n, 1, 1, p.k], b.data);
  return p.transB ? ctx.constant(value) : ctx.constant(value, { rows: p.k, columns: p.n });
}

/** Input i of the node, whose rows are the pixels of a 1x1 convolution. */
export const readRows = (ctx: LowerContext, i: number, p: Product): Buffer =>
  ctx.reshape(ctx.read(i, 'plain'), [1, 1, sizeOf(p.a.slice(0, -1)), p.k]);

export const writeRows = (ctx: LowerContext, p: Product): Buffer =>
  ctx.reshape(ctx.write(0, 'plain'), [1, 1, sizeOf(p.batch) * p.m, p.n]);

/** Output 0 as [batch...,M,N]. */
export const writeMatrix = (ctx: LowerContext, p: Product): Buffer =>
  ctx.reshape(ctx.write(0, 'plain'), [...p.batch, p.m, p.n]);
