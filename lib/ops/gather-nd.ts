// Slices at coordinate tuples: the last axis of the indices addresses the axes after `batch_dims`.

import { expected, KompaktError } from '../errors.js';
import { sameDims, sizeOf } from '../tensor/shape.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  type TensorType,
} from './op.js';
import { pick, typedInput } from './shared/elements.js';
import { tupleOffsets } from './shared/gathering.js';
import { knownContext } from './shared/known-context.js';
import { readPlain } from './shared/layout.js';
import { movable } from './shared/move.js';

export const gatherNd = defineOp({
  op: 'GatherND',
  domain: '',
  since: 11,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { batch_dims: { type: 'int', default: 0 } },
  infer,
  reference: (ctx) => {
    const [x, indices] = [inputValue(ctx, 0), inputValue(ctx, 1)];
    const batch = intAttr(ctx.node, 'batch_dims', 0);
    const tuple = indices.dims.at(-1)!;
    const inner = sizeOf(x.dims.slice(batch + tuple));
    const whole = sizeOf(x.dims.slice(batch));
    const starts = tupleOffsets(indices, x.dims.slice(batch, batch + tuple), ctx.where);
    const perBatch = starts.length / sizeOf(x.dims.slice(0, batch));
    const offsets = Float64Array.from({ length: starts.length * inner }, (_, i) => {
      const k = Math.floor(i / inner);
      return Math.floor(k / perBatch) * whole + starts[k]! * inner + (i % inner);
    });
    return [pick(x, infer(knownContext(ctx))[0]!.dims, offsets)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const batch = intAttr(ctx.node, 'batch_dims', 0);
    const rank = batch + inputType(ctx, 1).dims.at(-1)!;
    const sizes = dims.slice(batch, rank);
    if (!movable(dtype) || dims.includes(0)) return false;
    ctx.emit('gather_nd', [readPlain(ctx, 0), readPlain(ctx, 1)], [ctx.write(0, 'plain')], {
      sizes,
      batch: sizeOf(dims.slice(0, batch)),
      inner: sizeOf(dims.slice(rank)),
    });
    return true;
  },
});

function infer(ctx: InferContext): readonly TensorType[] {
  const x = inputType(ctx, 0);
  const indices = typedInput(ctx, 1, ['int64']).dims;
  const batch = intAttr(ctx.node, 'batch_dims', 0);
  const tuple = indices.at(-1) ?? 0;
  const sameBatch = sameDims(indices.slice(0, batch), x.dims.slice(0, batch));
  if (tuple < 1 || batch < 0 || batch >= indices.length || batch + tuple > x.dims.length || !sameBatch)
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`index tuples into [${x.dims.join(',')}] after ${batch} batch dims`, ctx.where, indices),
    );
  return [{ dtype: x.dtype, dims: [...indices.slice(0, -1), ...x.dims.slice(batch + tuple)] }];
}
