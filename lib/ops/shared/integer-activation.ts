// Integer operators of com.microsoft that are a function of one byte: each is a table.
import type { Node } from '../../graph/graph.js';
import {
  type AttributeSpec,
  defineOp,
  inputType,
  inputValue,
  noMacs,
  notDifferentiable,
  type OpDef,
  staysFloat,
} from '../op.js';
import type { Activation } from './activation.js';
import { byteTable, emitTable, lookUp } from './byte-table.js';
import { inferIntegerUnary, planParams, referenceParams } from './integer-unary.js';

export const defineIntegerActivation = (
  op: string,
  attributes: Readonly<Record<string, AttributeSpec>>,
  activationOf: (node: Node) => Activation,
): OpDef =>
  defineOp({
    op,
    domain: 'com.microsoft',
    since: 1,
    inputs: [4, 5],
    optional: [2],
    outputs: [1, 1],
    attributes,
    infer: (ctx) => [{ dtype: inferIntegerUnary(ctx), dims: inputType(ctx, 0).dims }],
    reference: (ctx) => {
      const { x, y } = referenceParams(ctx);
      const to = y.dtype === 'int8' ? 'int8' : 'uint8';
      return [lookUp(inputValue(ctx, 0), byteTable(activationOf(ctx.node), x, y), to)];
    },
    gradient: notDifferentiable('it computes with integers; train the float model'),
    cost: noMacs,
    quantize: staysFloat('it is an integer operator already'),
    lower: (ctx) => {
      const params = planParams(ctx);
      return params !== undefined && emitTable(ctx, 0, byteTable(activationOf(ctx.node), params.x, params.y));
    },
  });
