// How channels go through an operator: the field `channels` of an OpDef. Indices of axes that belong to one channel can only
// leave a model together; what an operator says of no index stays whole.
import type { Node } from '../../graph/graph.js';
import type { Dims } from '../../tensor/shape.js';
import type { TensorValue } from '../../tensor/tensor.js';
import type { InferContext, TensorType } from '../op.js';

/** Where channels lie on an axis of an input or output: channel c of `count` at the indices start + (o * count + c) * inner + i
 *  for all o < outer and i < inner. */
export interface ChannelEnd {
  readonly of: 'input' | 'output';
  readonly index: number;
  readonly axis: number;
  readonly start?: number;
  readonly outer?: number;
  readonly inner?: number;
  /** A factor that multiplies each channel after normalisation: small where nobody needs the channel. */
  readonly scale?: true;
}

/** Channels that several axes have in common: channel c leaves all of them or none. Without an output the operator sums over
 *  them, and a channel that is gone counts as zero. */
export interface ChannelLink {
  readonly count: number;
  readonly ends: readonly ChannelEnd[];
}

export interface ChannelContext extends InferContext {
  readonly outputs: readonly TensorType[];
  /** True when channels of a layer, which might leave, lie on this axis of input i. */
  carries(i: number, axis: number): boolean;
}

/** What is known when channels have left. */
export interface ShrinkContext extends ChannelContext {
  readonly fewer: { readonly inputs: readonly (Dims | undefined)[]; readonly outputs: readonly Dims[] };
  /** Indices that stay on an axis. */
  kept(of: 'input' | 'output', index: number, axis: number): readonly number[];
  /** The value of input i where it is a constant of the graph and not computed. */
  constant(i: number): TensorValue | undefined;
  /** The node with another constant as input i. */
  withInput(node: Node, i: number, value: TensorValue): Node;
}

export interface ChannelRule {
  readonly links: (ctx: ChannelContext) => readonly ChannelLink[];
  /** The node for fewer channels, where its attributes or shape inputs name their number. */
  readonly shrink?: (ctx: ShrinkContext) => Node;
}

type Place = Pick<ChannelEnd, 'start' | 'outer' | 'inner' | 'scale'>;

export const inputEnd = (index: number, axis: number, place: Place = {}): ChannelEnd => ({
  of: 'input',
  index,
  axis,
  ...place,
});

export const outputEnd = (axis: number, place: Place = {}, index = 0): ChannelEnd => ({
  of: 'output',
  index,
  axis,
  ...place,
});

/** Of elementwise operators: each axis of the outputs with the axes of the inputs that broadcast along it. */
export const elementwiseChannels: ChannelRule = {
  links: ({ inputs, outputs }) => {
    const { dims } = outputs[0]!;
    return dims.map((count, axis) => ({
      count,
      ends: [
        ...inputs.flatMap((type, i) => {
          const at = axis - dims.length + (type?.dims.length ?? 0);
          return at >= 0 && type!.dims[at] === count ? [inputEnd(i, at)] : [];
        }),
        ...outputs.map((_, i) => outputEnd(axis, {}, i)),
      ],
    }));
  },
};

/** Of operators that treat every index of these axes of input 0 alike and apart from others, as pooling does of images and
 *  channels. */
export const sameChannels = (axesOf: (ctx: ChannelContext) => readonly number[]): ChannelRule => ({
  links: (ctx) =>
    axesOf(ctx).map((axis) => ({
      count: ctx.inputs[0]!.dims[axis]!,
      ends: [inputEnd(0, axis), ...ctx.outputs.map((_, i) => outputEnd(axis, {}, i))],
    })),
});

/** Of operators that work inside single planes of [N,C,...]. */
export const planeChannels: ChannelRule = sameChannels(() => [0, 1]);
