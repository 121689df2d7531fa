// A copy of the data with slices written at coordinate tuples.
import { expected, KompaktError } from '../errors.js';
import { sameDims, sizeOf } from '../tensor/shape.js';
import { defineOp, inputType, inputValue, noMacs, notDifferentiable, staysFloat, stringAttr } from './op.js';
import { typedInput } from './shared/elements.js';
import { tupleOffsets } from './shared/gathering.js';
import { readPlain } from './shared/layout.js';
import { nativeReduction, scatterAt } from './shared/scatter.js';

export const scatterNd = defineOp({
  op: 'ScatterND',
  domain: '',
  since: 11,
  inputs: [3, 3],
  outputs: [1, 1],
  attributes: { reduction: { type: 'string', default: 'none' } },
  infer: (ctx) => {
    const x = inputType(ctx, 0);
    const indices = typedInput(ctx, 1, ['int64']).dims;
    const updates = typedInput(ctx, 2, [x.dtype]).dims;
    const tuple = indices.at(-1) ?? 0;
    if (
      tuple < 1 ||
      tuple > x.dims.length ||
      !sameDims(updates, [...indices.slice(0, -1), ...x.dims.slice(tuple)])
    )
      throw new KompaktError(
        'KPT_SHAPE_MISMATCH',
        expected(`index tuples into [${x.dims.join(',')}] and updates that fit`, ctx.where, [
          `[${indices.join(',')}] [${updates.join(',')}]`,
        ]),
      );
    return [x];
  },
  reference: (ctx) => {
    const [data, indices, updates] = [inputValue(ctx, 0), inputValue(ctx, 1), inputValue(ctx, 2)];
    const tuple = indices.dims.at(-1)!;
    const inner = sizeOf(data.dims.slice(tuple));
    const starts = tupleOffsets(indices, data.dims.slice(0, tuple), ctx.where);
    const offsets = Float64Array.from(
      { length: starts.length * inner },
      (_, i) => starts[Math.floor(i / inner)]! * inner + (i % inner),
    );
    return [scatterAt(data, updates, offsets, stringAttr(ctx.node, 'reduction', 'none'), ctx.where)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('data and updates may have different scales'),
  lower: (ctx) => {
    const { dims } = inputType(ctx, 0);
    const tuple = inputType(ctx, 1).dims.at(-1)!;
    const sizes = dims.slice(0, tuple);
    const reduction = nativeReduction(ctx);
    if (reduction === undefined) return false;
    const inputs = [0, 1, 2].map((i) => readPlain(ctx, i));
    const inner = sizeOf(dims.slice(tuple));
    ctx.emit('scatter_nd', inputs, [ctx.write(0, 'plain')], { sizes, inner, reduction });
    return true;
  },
});
