// Instance- and GroupNormalization: rows of elements normalised, then scaled and shifted per channel.

import { attr } from '../../graph/attribute.js';
import type { Node } from '../../graph/graph.js';
import { type Dims, sizeOf } from '../../tensor/shape.js';
import { fromNumbers, toNumbers } from '../../tensor/tensor.js';
import { areKnown, bodyUnless, channelNormBody } from '../gradients/normalization.js';
import {
  type AttributeSpec,
  defineOp,
  floatAttr,
  type InferContext,
  inputType,
  inputValue,
  noMacs,
  type OpDef,
  staysFloat,
  type TensorType,
} from '../op.js';
import { type ChannelRule, inputEnd, outputEnd } from './channels.js';
import { checkRank, checkType, floatTypes, illegalShape } from './illegal.js';
import { lowerChannelNorm, normalizedRows, spread } from './row-norm.js';

const defaultEpsilon = Math.fround(1e-5);

export const defineChannelNorm = (
  op: string,
  since: number,
  attributes: Readonly<Record<string, AttributeSpec>>,
  groupsOf: (node: Node, channels: number) => number,
): OpDef => {
  const rowLength = (node: Node, dims: Dims): number => sizeOf(dims.slice(1)) / groupsOf(node, dims[1]);
  const infer = (ctx: InferContext): TensorType => {
    const type = inputType(ctx, 0);
    checkType(type.dtype, floatTypes, 'an input', ctx.where);
    checkRank(type.dims, 3, 'an input', ctx.where);
    const channels = type.dims[1];
    const groups = groupsOf(ctx.node, channels);
    if (groups < 1 || channels % groups !== 0)
      illegalShape(`channels in ${groups} groups`, ctx.where, type.dims);
    for (const i of [1, 2]) {
      const { dims } = inputType(ctx, i);
      if (dims.length !== 1 || (dims[0] !== channels && dims[0] !== groups))
        illegalShape(`scale and bias of shape [${channels}]`, ctx.where, dims);
    }
    return type;
  };
  const body = channelNormBody((ctx) => groupsOf(ctx.node, infer(ctx).dims[1]));
  return defineOp({
    op,
    domain: '',
    since,
    inputs: [3, 3],
    outputs: [1, 1],
    attributes: { ...attributes, epsilon: { type: 'float', default: defaultEpsilon } },
    infer: (ctx) => [infer(ctx)],
    reference: (ctx) => {
      const x = inputValue(ctx, 0);
      const channels = x.dims[1];
      const area = sizeOf(x.dims.slice(2));
      const epsilon = floatAttr(ctx.node, 'epsilon', defaultEpsilon);
      const { y } = normalizedRows(x, rowLength(ctx.node, x.dims), epsilon);
      const scale = spread(toNumbers(inputValue(ctx, 1)), channels);
      const shift = spread(toNumbers(inputValue(ctx, 2)), channels);
      for (let i = 0; i < y.length; i++) {
        const c = Math.floor(i / area) % channels;
        y[i] = y[i] * scale[c] + shift[c];
      }
      return [fromNumbers(x.dtype, x.dims, y)];
    },
    learns: [1, 2],
    gradient: { body },
    // The body takes scale and shift of one length.
    inline: bodyUnless(
      body,
      (ctx) => areKnown(1, 2)(ctx) || inputType(ctx, 1).dims[0] !== inputType(ctx, 2).dims[0],
    ),
    cost: noMacs,
    quantize: staysFloat('means and variances need more than 8 bits'),
    channels: channelsOf(groupsOf),
    lower: (ctx) =>
      lowerChannelNorm(
        ctx,
        rowLength(ctx.node, inputType(ctx, 0).dims),
        floatAttr(ctx.node, 'epsilon', defaultEpsilon),
      ),
  });
};

/** A group leaves as a whole: its channels share mean and variance. */
const channelsOf = (groupsOf: (node: Node, channels: number) => number): ChannelRule => ({
  links: (ctx) => {
    const [images, channels] = inputType(ctx, 0).dims;
    const groups = groupsOf(ctx.node, channels!);
    const place = { inner: channels! / groups };
    const parameter = (i: number) => (inputType(ctx, i).dims[0] === groups ? {} : place);
    return [
      { count: images!, ends: [inputEnd(0, 0), outputEnd(0)] },
      {
        count: groups,
        ends: [
          inputEnd(0, 1, place),
          inputEnd(1, 0, { ...parameter(1), scale: true }),
          inputEnd(2, 0, parameter(2)),
          outputEnd(1, place),
        ],
      },
    ];
  },
  shrink: ({ node, inputs, fewer }) => {
    const [before, after] = [inputs[0]!.dims[1]!, fewer.inputs[0]![1]!];
    if (!('num_groups' in node.attributes)) return node;
    const groups = attr.int((groupsOf(node, before) * after) / before);
    return { ...node, attributes: { ...node.attributes, num_groups: groups } };
  },
});
