// Pooling over three spatial axes as two poolings in a row: over the pictures of all frames, then over frames. With channels last
// no element moves in between.
import { attr } from '../../graph/attribute.js';
import type { Attribute, Graph } from '../../graph/graph.js';
import type { Dims } from '../../tensor/shape.js';
import { type InferContext, inputType } from '../op.js';
import { Body } from './body.js';
import { coveringPads, poolWindow } from './pooling.js';

/** Whether there is something to pool over three spatial axes. */
export const hasFrames = (dims: Dims): boolean => dims.length === 5 && !dims.includes(0);

/** `more`: attributes of both besides their windows. */
export function poolFrames(ctx: InferContext, more: Readonly<Record<string, Attribute>> = {}): Graph {
  const { dtype, dims } = inputType(ctx, 0);
  const window = poolWindow(ctx, dims);
  const ends = coveringPads(window);
  const body = new Body(ctx);
  const pool = (x: string, axes: readonly number[]): string => {
    const of = (list: readonly number[]) => axes.map((axis) => list[axis]);
    return body.one(ctx.node.op, [x], {
      ...more,
      kernel_shape: attr.ints(of(window.kernel)),
      strides: attr.ints(of(window.strides)),
      dilations: attr.ints(of(window.dilations)),
      pads: attr.ints([...of(window.padsBegin), ...of(ends)]),
    });
  };
  const [images, channels, frames, height, width] = dims;
  const [outFrames, outHeight, outWidth] = window.output;
  const last = body.transpose(body.input(0), [0, 2, 3, 4, 1]);
  const pictures = body.transpose(
    body.reshape(last, [images * frames, height, width, channels]),
    [0, 3, 1, 2],
  );
  const pooled = body.transpose(pool(pictures, [1, 2]), [0, 2, 3, 1]);
  const lines = body.reshape(pooled, [images, frames, outHeight * outWidth * channels]);
  const y = body.transpose(pool(body.transpose(lines, [0, 2, 1]), [0]), [0, 2, 1]);
  const all = body.reshape(y, [images, outFrames, outHeight, outWidth, channels]);
  return body.finish([body.transpose(all, [0, 4, 1, 2, 3])], dtype);
}
