// How convolutions take part in quantisation: with constant weights they become QConv.
import type { Node } from '../../graph/graph.js';
import type { IntegerContext, QuantizeRule } from '../op.js';
import type { Activation } from './activation.js';
import { convAttributes, convGeometry } from './conv-geometry.js';
import { windowRows } from './product-rows.js';
import { linearPart } from './quantize-rule.js';
import { channelAxis, integerConv } from './weighted-rule.js';

export const convRule = (activationOf: (node: Node) => Activation): QuantizeRule => ({
  kind: 'weighted',
  weight: 1,
  axis: () => channelAxis.QConv,
  outputAxis: () => 1,
  bias: 2,
  linear: (node) => linearPart(node),
  integer: (ctx) =>
    hasFrames(ctx) ? null : integerConv(ctx, 'QConv', Object.keys(convAttributes), activationOf(ctx.node)),
  rows: ({ node, x, weightDims }) => windowRows(convGeometry(node, node.name, x, weightDims)),
});

/** Three spatial axes: only steps of floats have them. */
const hasFrames = (ctx: IntegerContext): boolean =>
  ctx.constant(ctx.quantized(1)?.name ?? ctx.node.inputs[1])?.dims.length === 5;
