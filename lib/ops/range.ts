// start, start + delta, ... up to but without limit.

import { expected, KompaktError } from '../errors.js';
import { allocate, i64, scalarOf, type TensorValue, tensor } from '../tensor/tensor.js';
import { defineOp, type InferContext, needValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { alikeInputs } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';

export const range = defineOp({
  op: 'Range',
  domain: '',
  since: 11,
  inputs: [3, 3],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    const { dtype } = alikeInputs(ctx, ['float32', 'float64', 'int16', 'int32', 'int64'])[0]!;
    return [{ dtype, dims: [length(ctx)] }];
  },
  reference: (ctx) => {
    const n = length(knownContext(ctx));
    const { dtype } = ctx.inputs[0] as TensorValue;
    const [start, , delta] = [0, 1, 2].map((i) => scalarOf(ctx.inputs[i]!, ctx.where)) as [
      number,
      number,
      number,
    ];
    const values = dtype === 'int64' ? new Float64Array(n) : allocate(dtype, [n]);
    for (let i = 0; i < n; i++) values[i] = start + i * delta;
    return [dtype === 'int64' ? i64(values as Float64Array) : tensor(dtype, [n], values)];
  },
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('it makes its values from numbers'),
  lower: 'host',
});

function length(ctx: InferContext): number {
  const [start, limit, delta] = [0, 1, 2].map((i) => scalarOf(needValue(ctx, i), ctx.where));
  const n = Math.max(0, Math.ceil((limit! - start!) / delta!));
  if (!Number.isFinite(n))
    throw new KompaktError('KPT_DATA_MALFORMED', expected('a finite range', ctx.where, delta));
  return n;
}
