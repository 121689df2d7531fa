// The dims of a tensor, or a range of them, as a list of int64.

import type { Node } from '../graph/graph.js';
import type { Dims } from '../tensor/shape.js';
import { i64 } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';

export const shape = defineOp({
  op: 'Shape',
  domain: '',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { start: { type: 'int', default: 0 }, end: { type: 'int', default: null } },
  infer: (ctx) => {
    const value = i64(range(ctx.node, inputType(ctx, 0).dims));
    return [{ dtype: 'int64', dims: value.dims, value }];
  },
  reference: (ctx) => [i64(range(ctx.node, inputValue(ctx, 0).dims))],
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('it reads no values'),
  // Never asked for: infer gives the value, so the plan folds the node.
  lower: 'host',
});

const range = (node: Node, dims: Dims): Dims =>
  dims.slice(intAttr(node, 'start', 0), intAttr(node, 'end', dims.length));
