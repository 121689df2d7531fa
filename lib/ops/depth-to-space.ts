// DepthToSpace: blocks of channels become squares of pixels.
import type { Dims } from '../tensor/shape.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  stringAttr,
} from './op.js';
import { type BlockMove, lowerBlockMove, movedDims, referenceBlockMove } from './shared/block-moves.js';
import { type ChannelContext, type ChannelLink, inputEnd, outputEnd } from './shared/channels.js';
import { illegalAttribute, illegalShape } from './shared/illegal.js';

function moveOf(ctx: Pick<InferContext, 'node' | 'where'>, dims: Dims): BlockMove {
  const block = intAttr(ctx.node, 'blocksize');
  const mode = stringAttr(ctx.node, 'mode', 'DCR');
  if (block < 1) illegalAttribute('a positive blocksize', ctx.where, block);
  if (mode !== 'DCR' && mode !== 'CRD') illegalAttribute('mode DCR or CRD', ctx.where, mode);
  if (dims.length !== 4 || dims[1] % (block * block) !== 0)
    illegalShape(`[N,C,H,W] with C divisible by ${block * block}`, ctx.where, dims);
  const [n, c, h, w] = dims;
  const depth = c / (block * block);
  if (mode === 'DCR')
    return {
      sizes: [n, block, block, depth, h, w],
      from: [[0], [1, 2, 3], [4], [5]],
      to: [[0], [3], [4, 1], [5, 2]],
    };
  return {
    sizes: [n, depth, block, block, h, w],
    from: [[0], [1, 2, 3], [4], [5]],
    to: [[0], [1], [4, 2], [5, 3]],
  };
}

export const depthToSpace = defineOp({
  op: 'DepthToSpace',
  domain: '',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { blocksize: { type: 'int' }, mode: { type: 'string', default: 'DCR' } },
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

/** A channel of the output takes its block of inputs along. */
function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const [batch, depth] = ctx.outputs[0]!.dims;
  const block = intAttr(ctx.node, 'blocksize') ** 2;
  const place = stringAttr(ctx.node, 'mode', 'DCR') === 'DCR' ? { outer: block } : { inner: block };
  return [
    { count: batch!, ends: [inputEnd(0, 0), outputEnd(0)] },
    { count: depth!, ends: [inputEnd(0, 1, place), outputEnd(1)] },
  ];
}
