// A tensor of a given shape filled with one value (float32 zero by default).

import { sizeOf } from '../tensor/shape.js';
import { allocate, f32, type TensorValue, tensor } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  needValue,
  noMacs,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
  type TensorType,
  tensorAttr,
} from './op.js';
import { integersOf } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';

export const constantOfShape = defineOp({
  op: 'ConstantOfShape',
  domain: '',
  since: 9,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { value: { type: 'tensor', default: null } },
  infer,
  reference: (ctx) => {
    const { dims } = infer(knownContext(ctx))[0]!;
    const { dtype, data } = fillOf(ctx);
    if (dtype === 'string') return [tensor(dtype, dims, Array(sizeOf(dims)).fill(data[0]))];
    return [tensor(dtype, dims, allocate(dtype, dims).fill(data[0] as never))];
  },
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('it is a constant'),
  lower: 'host',
});

const fillOf = (ctx: Pick<ReferenceContext, 'node'>): TensorValue =>
  tensorAttr(ctx.node, 'value') ?? f32([1], [0]);

function infer(ctx: InferContext): readonly TensorType[] {
  return [{ dtype: fillOf(ctx).dtype, dims: integersOf(needValue(ctx, 0)) }];
}
