// The number of elements of a tensor, as int64.
import { sizeOf } from '../tensor/shape.js';
import { i64 } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, noMacs, notDifferentiable, staysFloat } from './op.js';

export const size = defineOp({
  op: 'Size',
  domain: '',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => [{ dtype: 'int64', dims: [], value: i64([sizeOf(inputType(ctx, 0).dims)], []) }],
  reference: (ctx) => [i64([sizeOf(inputValue(ctx, 0).dims)], [])],
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('it reads no values'),
  // Never asked for: infer gives the value, so the plan folds the node.
  lower: 'host',
});
