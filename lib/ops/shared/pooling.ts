// Poolings over a window or over all spatial axes: shapes, and the walk over windows that every reference uses.
import type { Dims } from '../../tensor/shape.js';
import { sizeOf, stridesOf } from '../../tensor/shape.js';
import { type AttributeSpec, type InferContext, inputType, type TensorType } from '../op.js';
import { checkRank, checkType, floatTypes, illegalShape } from './illegal.js';
import { readKernel, readWindow, tapsInside, type Window, windowAttributes } from './window.js';

export const poolAttributes: Readonly<Record<string, AttributeSpec>> = {
  ...windowAttributes,
  ceil_mode: { type: 'int', default: 0 },
  kernel_shape: { type: 'ints' },
};

/** The window of a pooling over an input [N,C,spatial...]. */
export function poolWindow(ctx: { node: InferContext['node']; where: string }, dims: Dims): Window {
  if (dims.length < 3 || dims.length > 5)
    illegalShape('an input with one to three spatial axes', ctx.where, dims);
  const kernel = readKernel(ctx.node, dims.length - 2, ctx.where);
  return readWindow(ctx.node, ctx.where, dims.slice(2), kernel);
}

/** The output type of a pooling over a window; `types` are the element types that it takes. */
export function inferPool(ctx: InferContext, types: readonly TensorType['dtype'][]): TensorType {
  const { dtype, dims } = inputType(ctx, 0);
  checkType(dtype, types, 'an input', ctx.where);
  return { dtype, dims: [...dims.slice(0, 2), ...poolWindow(ctx, dims).output] };
}

/** The output type of a pooling over all spatial axes: [N,C,1...]. */
export function inferGlobalPool(ctx: InferContext, types = floatTypes): TensorType {
  const { dtype, dims } = inputType(ctx, 0);
  checkType(dtype, types, 'an input', ctx.where);
  checkRank(dims, 3, 'an input', ctx.where);
  return { dtype, dims: dims.map((d, i) => (i < 2 ? d : 1)) };
}

/** Input offsets (within one channel) under each output position, in kernel order, without padding. */
export function windowOffsets(window: Window): readonly Int32Array[] {
  const strides = stridesOf(window.input);
  const positions = sizeOf(window.output);
  let offsets: readonly number[][] = Array.from({ length: positions }, () => [0]);
  let repeat = positions;
  for (let axis = 0; axis < strides.length; axis++) {
    repeat /= window.output[axis];
    offsets = offsets.map((list, position) => {
      const { start, dilation, first, last } = tapsInside(
        window,
        axis,
        Math.floor(position / repeat) % window.output[axis],
      );
      const own = Array.from({ length: last - first }, (_, i) => start + (first + i) * dilation);
      return list.flatMap((base) => own.map((at) => base + at * strides[axis]));
    });
  }
  return offsets.map((list) => Int32Array.from(list));
}

/** Elements under each output position that lie in the input or its padding, but not beyond. */
function paddedCounts(window: Window): Float64Array {
  const perAxis = window.kernel.map((_, axis) =>
    Array.from(
      { length: window.output[axis] },
      (_, o) => tapsInside(window, axis, o, window.input[axis] + window.padsEnd[axis]).last,
    ),
  );
  let counts = [1];
  for (const axis of perAxis) counts = counts.flatMap((outer) => axis.map((count) => outer * count));
  return Float64Array.from(counts);
}

/** Divisor of each output position of an average pooling. */
export function averageCounts(
  window: Window,
  offsets: readonly Int32Array[],
  includePad: boolean,
): Float64Array {
  return includePad ? paddedCounts(window) : Float64Array.from(offsets, (list) => list.length);
}

/** True when rounding up makes windows reach beyond the padding, where steps and ONNX count elements differently. */
export const overhangs = (window: Window): boolean =>
  coveringPads(window).some((end, i) => end > window.padsEnd[i]);

/** The padding at the ends with which no window reaches beyond it. */
export const coveringPads = (window: Window): readonly number[] =>
  window.output.map((size, i) => {
    const reach = (size - 1) * window.strides[i] + (window.kernel[i] - 1) * window.dilations[i] + 1;
    return Math.max(window.padsEnd[i], reach - window.input[i] - window.padsBegin[i]);
  });
