// QLinearGlobalAveragePool (com.microsoft): GlobalAveragePool of 8-bit integers.
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { checkRank } from './shared/illegal.js';
import { inferIntegerUnary, planParams } from './shared/integer-unary.js';
import { lowerMean, referenceMean } from './shared/mean-u8.js';
import { splitDims, splitSpatial } from './shared/physical-axis.js';

const isChannelsLast = (ctx: { node: InferContext['node'] }): boolean =>
  intAttr(ctx.node, 'channels_last', 0) !== 0;

/** True for the spatial axes. */
const spatial = (rank: number, channelsLast: boolean): boolean[] =>
  Array.from({ length: rank }, (_, i) => i > 0 && i !== (channelsLast ? rank - 1 : 1));

export const qLinearGlobalAveragePool = defineOp({
  op: 'QLinearGlobalAveragePool',
  domain: 'com.microsoft',
  since: 1,
  inputs: [5, 5],
  outputs: [1, 1],
  attributes: { channels_last: { type: 'int', default: 0 } },
  infer: (ctx) => {
    const { dims } = inputType(ctx, 0);
    checkRank(dims, 3, 'an input', ctx.where);
    const reduced = spatial(dims.length, isChannelsLast(ctx));
    return [{ dtype: inferIntegerUnary(ctx), dims: dims.map((d, i) => (reduced[i] ? 1 : d)) }];
  },
  reference: (ctx) => {
    const { dims } = inputValue(ctx, 0);
    const reduced = spatial(dims.length, isChannelsLast(ctx));
    const out = dims.map((d, i) => (reduced[i] ? 1 : d));
    return [referenceMean(ctx, reduced, out)];
  },
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: noMacs,
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => {
    if (planParams(ctx) === undefined) return false;
    if (isChannelsLast(ctx)) {
      const x = ctx.read(0, 'plain');
      return lowerMean(ctx, x, splitDims(x.dims, 1, x.dims.length - 2), 'plain');
    }
    const x = ctx.read(0, ctx.layoutOf(0));
    return lowerMean(ctx, x, splitSpatial(x), x.layout);
  },
});
