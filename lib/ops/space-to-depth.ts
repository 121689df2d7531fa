// SpaceToDepth: squares of pixels become blocks of channels.
import type { Dims } from '../tensor/shape.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
} from './op.js';
import { type BlockMove, lowerBlockMove, movedDims, referenceBlockMove } from './shared/block-moves.js';
import { type ChannelContext, type ChannelLink, inputEnd, outputEnd } from './shared/channels.js';
import { illegalAttribute, illegalShape } from './shared/illegal.js';

function moveOf(ctx: Pick<InferContext, 'node' | 'where'>, dims: Dims): BlockMove {
  const block = intAttr(ctx.node, 'blocksize');
  if (block < 1) illegalAttribute('a positive blocksize', ctx.where, block);
  if (dims.length !== 4 || dims[2] % block !== 0 || dims[3] % block !== 0)
    illegalShape(`[N,C,H,W] with H and W divisible by ${block}`, ctx.where, dims);
  const [n, c, h, w] = dims;
  return {
    sizes: [n, c, h / block, block, w / block, block],
    from: [[0], [1], [2, 3], [4, 5]],
    to: [[0], [3, 5, 1], [2], [4]],
  };
}

export const spaceToDepth = defineOp({
  op: 'SpaceToDepth',
  domain: '',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { blocksize: { type: 'int' } },
  infer: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    return [{ dtype, dims: movedDims(moveOf(ctx, dims)) }];
  },
  reference: (ctx) => referenceBlockMove(ctx, moveOf(ctx, inputValue(ctx, 0).dims)),
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => lowerBlockMove(ctx, moveOf(ctx, inputType(ctx, 0).dims)),
  channels: { links: channelLinks },
});

/** A channel of the input takes its block of outputs along. */
function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const [batch, channels] = inputType(ctx, 0).dims;
  const outer = intAttr(ctx.node, 'blocksize') ** 2;
  return [
    { count: batch!, ends: [inputEnd(0, 0), outputEnd(0)] },
    { count: channels!, ends: [inputEnd(0, 1), outputEnd(1, { outer })] },
  ];
}
