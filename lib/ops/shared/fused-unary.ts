// Elementwise operators of foreign domains that are one UnaryKind.
import type { Node } from '../../graph/graph.js';
import { fromNumbers, toNumbers } from '../../tensor/tensor.js';
import { type AttributeSpec, defineOp, inputType, inputValue, noMacs, type OpDef } from '../op.js';
import { type Activation, applyActivation } from './activation.js';
import { checkType, floatTypes } from './illegal.js';

export const defineFusedUnary = (
  op: string,
  domain: string,
  attributes: Readonly<Record<string, AttributeSpec>>,
  activationOf: (node: Node) => Activation,
): OpDef =>
  defineOp({
    op,
    domain,
    since: 1,
    inputs: [1, 1],
    outputs: [1, 1],
    attributes,
    infer: (ctx) => {
      const type = inputType(ctx, 0);
      checkType(type.dtype, floatTypes, 'an input', ctx.where);
      return [type];
    },
    reference: (ctx) => {
      const x = inputValue(ctx, 0);
      const values = toNumbers(x);
      applyActivation(values, activationOf(ctx.node));
      return [fromNumbers(x.dtype, x.dims, values)];
    },
    cost: noMacs,
    quantize: { kind: 'table' },
    lower: (ctx) => {
      if (inputType(ctx, 0).dtype !== 'float32') return false;
      const layout = ctx.layoutOf(0);
      const { activation, alpha, beta } = activationOf(ctx.node);
      const params = { op: activation, alpha, beta };
      ctx.emit('unary_f32', [ctx.read(0, layout)], [ctx.write(0, layout)], params);
      return true;
    },
  });
