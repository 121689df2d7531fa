// Converts the element type.

import type { Node } from '../graph/graph.js';
import { type DType, dtypeFromOnnx } from '../tensor/dtype.js';
import { defineOp, inputType, inputValue, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { castTensor, lowerCast } from './shared/casting.js';
import { elementwiseChannels } from './shared/channels.js';

export const cast = defineOp({
  op: 'Cast',
  domain: '',
  since: 6,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { to: { type: 'int' }, saturate: { type: 'int', default: 1 } },
  infer: (ctx) => [{ dtype: target(ctx.node, ctx.where), dims: inputType(ctx, 0).dims }],
  reference: (ctx) => [castTensor(inputValue(ctx, 0), target(ctx.node, ctx.where), ctx.where)],
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('it changes the type itself'),
  lower: lowerCast,
  channels: elementwiseChannels,
});

const target = (node: Node, where: string): DType => dtypeFromOnnx(intAttr(node, 'to'), where);
