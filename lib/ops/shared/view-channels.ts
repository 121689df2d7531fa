// Channels of views: where an axis of the input becomes several of the output, or several become one.
import type { Dims } from '../../tensor/shape.js';
import { i64 } from '../../tensor/tensor.js';
import {
  type ChannelContext,
  type ChannelLink,
  type ChannelRule,
  inputEnd,
  outputEnd,
  type ShrinkContext,
} from './channels.js';
import { integersOf } from './elements.js';

/** Neighbouring axes of the input whose elements are those of neighbouring axes of the output. */
interface Block {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** The smallest blocks; axes of 1 are in none. */
function blocksOf(x: Dims, y: Dims): readonly Block[] {
  const [from, to] = [x, y].map((dims) => dims.flatMap((d, axis) => (d === 1 ? [] : [axis])));
  const blocks: Block[] = [];
  let [i, j] = [0, 0];
  while (i < from!.length && j < to!.length) {
    const [i0, j0] = [i, j];
    let [a, b] = [x[from![i++]!]!, y[to![j++]!]!];
    while (a !== b) {
      if (a < b) a *= x[from![i++]!]!;
      else b *= y[to![j++]!]!;
    }
    blocks.push({ from: from!.slice(i0, i), to: to!.slice(j0, j) });
  }
  return blocks;
}

const product = (dims: Dims, axes: readonly number[]): number => axes.reduce((n, axis) => n * dims[axis]!, 1);

/** Channel c of the axis `at` of several axes that are one elsewhere. */
const inside = (dims: Dims, axes: readonly number[], at: number) => ({
  outer: product(dims, axes.slice(0, at)),
  inner: product(dims, axes.slice(at + 1)),
});

/** One axis is all that can lose channels where axes are joined or cut: those that are joined say by what they carry which;
 *  of an axis that is cut it is the first part (channels of an image from a matrix, heads of attention), or the last where
 *  planes come behind (groups of channels that are shuffled). */
function links(ctx: ChannelContext): readonly ChannelLink[] {
  const x = ctx.inputs[0]!.dims;
  const y = ctx.outputs[0]!.dims;
  if (x.includes(0)) return [];
  return blocksOf(x, y).flatMap(({ from, to }): ChannelLink[] => {
    if (to.length === 1) {
      const carrying = from.findIndex((axis) => ctx.carries(0, axis));
      const at = Math.max(0, carrying);
      const axis = from[at]!;
      return [{ count: x[axis]!, ends: [inputEnd(0, axis), outputEnd(to[0]!, inside(x, from, at))] }];
    }
    if (from.length > 1) return [];
    const at = from[0]! > 0 && from[0]! < x.length - 1 ? to.length - 1 : 0;
    const axis = to[at]!;
    return [{ count: y[axis]!, ends: [inputEnd(0, from[0]!, inside(y, to, at)), outputEnd(axis)] }];
  });
}

export const viewChannels: ChannelRule = { links };

/** Of a view whose input 1 is the shape of its output. A computed shape is left to what computes it. */
export const shapedViewChannels: ChannelRule = {
  links,
  shrink: (ctx: ShrinkContext) => {
    const shape = ctx.constant(1);
    const fewer = ctx.fewer.outputs[0]!;
    if (shape === undefined) return ctx.node;
    const asked = integersOf(shape).map((d, i) => {
      const stays = d === -1 || (d === 0 && ctx.fewer.inputs[0]![i] === fewer[i]);
      return stays ? d : fewer[i]!;
    });
    return ctx.withInput(ctx.node, 1, i64(asked));
  },
};
