// QReduceMean (ai.kompakt): ReduceMean of 8-bit integers. Inputs: x, x_scale, x_zero, y_scale, y_zero.
import { normalizeAxis } from '../tensor/shape.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  intsAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { inferIntegerUnary, planParams } from './shared/integer-unary.js';
import { lowerMean, referenceMean } from './shared/mean-u8.js';
import { splitDims, splitSpatial } from './shared/physical-axis.js';

type NodeContext = Pick<InferContext, 'node' | 'where'>;

/** True for the axes that are reduced: all of them without the attribute. */
function reducedAxes(ctx: NodeContext, rank: number): boolean[] {
  const axes = intsAttr(ctx.node, 'axes')?.map((axis) => normalizeAxis(axis, rank, ctx.where));
  return Array.from({ length: rank }, (_, i) => axes?.includes(i) ?? true);
}

function reducedDims(ctx: NodeContext, dims: readonly number[]): number[] {
  const reduced = reducedAxes(ctx, dims.length);
  if (intAttr(ctx.node, 'keepdims', 1) !== 0) return dims.map((d, i) => (reduced[i] ? 1 : d));
  return dims.filter((_, i) => !reduced[i]);
}

export const qReduceMean = defineOp({
  op: 'QReduceMean',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [5, 5],
  outputs: [1, 1],
  attributes: { axes: { type: 'ints', default: null }, keepdims: { type: 'int', default: 1 } },
  infer: (ctx) => [{ dtype: inferIntegerUnary(ctx), dims: reducedDims(ctx, inputType(ctx, 0).dims) }],
  reference: (ctx) => {
    const { dims } = inputValue(ctx, 0);
    return [referenceMean(ctx, reducedAxes(ctx, dims.length), reducedDims(ctx, dims))];
  },
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: noMacs,
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => {
    if (planParams(ctx) === undefined) return false;
    const { dims } = inputType(ctx, 0);
    const reduced = reducedAxes(ctx, dims.length);
    const first = reduced.indexOf(true);
    const last = reduced.lastIndexOf(true);
    if (first < 0 || reduced.slice(first, last + 1).includes(false)) return false;
    const spatial = dims.length > 2 && first === 2 && last === dims.length - 1;
    if (spatial && ctx.layoutOf(0) === 'channels-last') {
      const x = ctx.read(0, 'channels-last');
      const keeps = intAttr(ctx.node, 'keepdims', 1) !== 0;
      return lowerMean(ctx, x, splitSpatial(x), keeps ? 'channels-last' : 'plain');
    }
    const x = ctx.read(0, 'plain');
    return lowerMean(ctx, x, splitDims(x.dims, first, last), 'plain');
  },
});
