// Elementwise operators of foreign domains that are one UnaryKind, of x or of x plus a bias for the last axis.
import type { Node } from '../../graph/graph.js';
import { fromNumbers, toNumbers } from '../../tensor/tensor.js';
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
import { type Activation, applyActivation } from './activation.js';
import { checkType, floatTypes, illegalShape } from './illegal.js';

export const defineFusedUnary = (
  op: string,
  domain: string,
  attributes: Readonly<Record<string, AttributeSpec>>,
  activationOf: (node: Node) => Activation,
  /** Minimum and maximum number of inputs: [1, 2] has an optional bias. */
  inputs: readonly [number, number] = [1, 1],
): OpDef =>
  defineOp({
    op,
    domain,
    since: 1,
    inputs,
    outputs: [1, 1],
    attributes,
    infer: (ctx) => {
      const type = inputType(ctx, 0);
      checkType(type.dtype, floatTypes, 'an input', ctx.where);
      const bias = ctx.inputs[1];
      const last = type.dims[type.dims.length - 1] ?? 1;
      if (bias !== undefined && (bias.dims.length !== 1 || bias.dims[0] !== last))
        illegalShape(`a bias of shape [${last}]`, ctx.where, bias.dims);
      return [type];
    },
    reference: (ctx) => {
      const x = inputValue(ctx, 0);
      const values = toNumbers(x);
      const bias = ctx.inputs[1] && toNumbers(ctx.inputs[1]);
      if (bias !== undefined) for (let i = 0; i < values.length; i++) values[i] += bias[i % bias.length];
      applyActivation(values, activationOf(ctx.node));
      return [fromNumbers(x.dtype, x.dims, values)];
    },
    gradient: notDifferentiable('no rule has been written for it'),
    cost: noMacs,
    quantize: inputs[1] === 1 ? { kind: 'table' } : staysFloat('its bias differs from channel to channel'),
    lower: (ctx) => {
      if (inputType(ctx, 0).dtype !== 'float32') return false;
      const { activation, alpha, beta } = activationOf(ctx.node);
      if (ctx.inputs[1] !== undefined) {
        const operands = [ctx.read(0, 'plain'), ctx.read(1, 'plain')];
        ctx.emit('binary_f32', operands, [ctx.write(0, 'plain')], { op: 'add', activation, alpha, beta });
        return true;
      }
      const layout = ctx.layoutOf(0);
      const params = { op: activation, alpha, beta };
      ctx.emit('unary_f32', [ctx.read(0, layout)], [ctx.write(0, layout)], params);
      return true;
    },
  });
