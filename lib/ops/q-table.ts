// QTable (ai.kompakt): an 8-bit function as a table. Inputs: x, table (256 stored bytes by stored byte). Attribute
// `to` is the ONNX type of the output.
import type { Node } from '../graph/graph.js';
import { dtypes } from '../tensor/dtype.js';
import { defineOp, inputType, inputValue, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { emitTable, lookUp } from './shared/byte-table.js';
import { illegalAttribute, illegalShape } from './shared/illegal.js';
import { byteType } from './shared/quantized.js';

function outputType(node: Node, where: string): 'uint8' | 'int8' {
  const to = intAttr(node, 'to');
  if (to === dtypes.uint8.onnx) return 'uint8';
  if (to === dtypes.int8.onnx) return 'int8';
  return illegalAttribute('to of an 8-bit type', where, to);
}

export const qTable = defineOp({
  op: 'QTable',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { to: { type: 'int' } },
  infer: (ctx) => {
    byteType(ctx, 0, 'x');
    const table = inputType(ctx, 1);
    if (table.dtype !== 'uint8' || table.dims.join() !== '256')
      illegalShape('a uint8 table of shape [256]', ctx.where, table.dims);
    return [{ dtype: outputType(ctx.node, ctx.where), dims: inputType(ctx, 0).dims }];
  },
  reference: (ctx) => [lookUp(inputValue(ctx, 0), inputValue(ctx, 1), outputType(ctx.node, ctx.where))],
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: noMacs,
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => {
    const table = ctx.value(1);
    return table !== undefined && emitTable(ctx, 0, table);
  },
});
