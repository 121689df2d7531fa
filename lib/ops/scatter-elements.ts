// A copy of the data with one element written per index: y[index[i][j]][j] = update[i][j] for axis 0.
import { expected, KompaktError } from '../errors.js';
import { normalizeAxis, sameDims, stridesOf } from '../tensor/shape.js';
import {
  defineOp,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
  stringAttr,
} from './op.js';
import { indexTypes, stridedOffsets, typedInput } from './shared/elements.js';
import { indicesOf } from './shared/gathering.js';
import { readPlain } from './shared/layout.js';
import { nativeReduction, scatterAt } from './shared/scatter.js';

export const scatterElements = defineOp({
  op: 'ScatterElements',
  domain: '',
  since: 11,
  inputs: [3, 3],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: 0 }, reduction: { type: 'string', default: 'none' } },
  infer: (ctx) => {
    const x = inputType(ctx, 0);
    const indices = typedInput(ctx, 1, indexTypes);
    const updates = typedInput(ctx, 2, [x.dtype]);
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', 0), x.dims.length, ctx.where);
    const fits =
      indices.dims.length === x.dims.length &&
      indices.dims.every((d, i) => i === axis || d <= x.dims[i]!) &&
      sameDims(indices.dims, updates.dims);
    if (!fits)
      throw new KompaktError(
        'KPT_SHAPE_MISMATCH',
        expected(
          `indices within [${x.dims.join(',')}] but for axis ${axis}, shaped like the updates,`,
          ctx.where,
          indices.dims,
        ),
      );
    return [x];
  },
  reference: (ctx) => {
    const [data, indices, updates] = [inputValue(ctx, 0), inputValue(ctx, 1), inputValue(ctx, 2)];
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', 0), data.dims.length, ctx.where);
    const strides = stridesOf(data.dims);
    const at = indicesOf(indices, data.dims[axis]!, ctx.where);
    const offsets = stridedOffsets(indices.dims, strides.with(axis, 0)).map(
      (offset, i) => offset + at[i]! * strides[axis]!,
    );
    return [scatterAt(data, updates, offsets, stringAttr(ctx.node, 'reduction', 'none'), ctx.where)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('data and updates may have different scales'),
  lower: (ctx) => {
    const { dims } = inputType(ctx, 0);
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', 0), dims.length, ctx.where);
    const reduction = nativeReduction(ctx);
    if (reduction === undefined) return false;
    const inputs = [0, 1, 2].map((i) => readPlain(ctx, i));
    ctx.emit('scatter_elements', inputs, [ctx.write(0, 'plain')], { axis, reduction });
    return true;
  },
});
