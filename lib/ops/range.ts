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
    const known = knownContext(ctx);
    const n = length(known);
    const { dtype } = ctx.inputs[0] as TensorValue;
    if (isBeyondDoubles(known)) {
      const [start, , delta] = bigints(known);
      return [
        tensor(
          dtype,
          [n],
          BigInt64Array.from({ length: n }, (_, i) => start! + BigInt(i) * delta!),
        ),
      ];
    }
    const [start, , delta] = numbers(known);
    const values = dtype === 'int64' ? new Float64Array(n) : allocate(dtype, [n]);
    for (let i = 0; i < n; i++) values[i] = start! + i * delta!;
    return [dtype === 'int64' ? i64(values as Float64Array) : tensor(dtype, [n], values)];
  },
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('it makes its values from numbers'),
  lower: 'host',
});

const numbers = (ctx: InferContext): number[] => [0, 1, 2].map((i) => scalarOf(needValue(ctx, i), ctx.where));
const bigints = (ctx: InferContext): bigint[] =>
  [0, 1, 2].map((i) => (needValue(ctx, i) as { readonly data: BigInt64Array }).data[0]!);

/** Whether doubles do not hold the values, or what lies between the ends. */
function isBeyondDoubles(ctx: InferContext): boolean {
  const [start, limit] = numbers(ctx);
  return ctx.inputs[0]!.dtype === 'int64' && Math.max(Math.abs(start!), Math.abs(limit!)) > 2 ** 52;
}

function length(ctx: InferContext): number {
  const [start, limit, delta] = numbers(ctx);
  const exact = delta === 0 || !isBeyondDoubles(ctx);
  const n = exact ? Math.max(0, Math.ceil((limit! - start!) / delta!)) : steps(ctx);
  if (!Number.isFinite(n))
    throw new KompaktError('KPT_DATA_MALFORMED', expected('a finite range', ctx.where, delta));
  return n;
}

/** ceil((limit - start) / delta), at least 0. */
function steps(ctx: InferContext): number {
  const [start, limit, delta] = bigints(ctx);
  const [distance, step] = delta! < 0n ? [start! - limit!, -delta!] : [limit! - start!, delta!];
  return distance <= 0n ? 0 : Number((distance + step - 1n) / step);
}
