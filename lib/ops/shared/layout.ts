// Physical views of logical tensors: the order of axes in memory per layout, and when two layouts are one memory.
import { type Dims, sizeOf, stridesOf } from '../../tensor/shape.js';
import { allocate, type TensorValue, tensor } from '../../tensor/tensor.js';
import type { Buffer, Layout, LowerContext } from '../op.js';
import { copyStrided } from './elements.js';

/** Logical axes in the order of memory: [0,1,2,3], or [0,2,3,1] channels-last. */
export function axisOrder(rank: number, layout: Layout): number[] {
  const axes = Array.from({ length: rank }, (_, i) => i);
  return layout === 'plain' || rank < 3 ? axes : [0, ...axes.slice(2), 1];
}

export const permuteDims = (dims: Dims, order: readonly number[]): number[] => order.map((a) => dims[a]!);

/** Stride in memory of every logical axis. */
export function layoutStrides(dims: Dims, layout: Layout): number[] {
  const order = axisOrder(dims.length, layout);
  const physical = stridesOf(permuteDims(dims, order));
  const strides = new Array<number>(dims.length);
  order.forEach((axis, i) => {
    strides[axis] = physical[i]!;
  });
  return strides;
}

/** True when plain and channels-last are the same memory: one channel, one spatial position, or nothing at all. */
export const layoutsCoincide = (dims: Dims): boolean =>
  dims.length < 3 || dims[1] === 1 || sizeOf(dims.slice(2)) === 1 || sizeOf(dims) === 0;

/** Input i in the layout in which it exists. */
export function readAsIs(ctx: LowerContext, i: number): { readonly buffer: Buffer; readonly layout: Layout } {
  const layout = ctx.layoutOf(i);
  return { buffer: ctx.read(i, layout), layout };
}

/** Input i as plain memory, without a copy where the layouts coincide. */
export function readPlain(ctx: LowerContext, i: number): Buffer {
  const dims = ctx.inputs[i]!.dims;
  return ctx.layoutOf(i) === 'channels-last' && layoutsCoincide(dims)
    ? ctx.reshape(ctx.read(i, 'channels-last'), dims)
    : ctx.read(i, 'plain');
}

/** The tensor with its axes in another order; the same data where only axes of length 1 change places. */
export function permuted(t: TensorValue, order: readonly number[]): TensorValue {
  const strides = stridesOf(t.dims);
  const dims = permuteDims(t.dims, order);
  const long = order.filter((axis) => t.dims[axis] !== 1);
  if (long.every((axis, i) => i === 0 || long[i - 1]! < axis)) return tensor(t.dtype, dims, t.data as never);
  const data = t.dtype === 'string' ? new Array<string>(sizeOf(dims)).fill('') : allocate(t.dtype, dims);
  copyStrided(
    dims,
    { data: t.data, strides: permuteDims(strides, order) },
    { data, strides: stridesOf(dims) },
  );
  return tensor(t.dtype, dims, data);
}
