// One element per index: y[i][j] = x[index[i][j]][j] for axis 0.
import { expected, KompaktError } from '../errors.js';
import { normalizeAxis, stridesOf } from '../tensor/shape.js';
import { defineOp, inputType, inputValue, intAttr, noMacs, notDifferentiable } from './op.js';
import { indexTypes, pick, stridedOffsets, typedInput } from './shared/elements.js';
import { indicesOf } from './shared/gathering.js';
import { readPlain } from './shared/layout.js';
import { movable } from './shared/move.js';

export const gatherElements = defineOp({
  op: 'GatherElements',
  domain: '',
  since: 11,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: 0 } },
  infer: (ctx) => {
    const x = inputType(ctx, 0);
    const indices = typedInput(ctx, 1, indexTypes);
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', 0), x.dims.length, ctx.where);
    const fits = indices.dims.every((d, i) => i === axis || d <= x.dims[i]!);
    if (indices.dims.length !== x.dims.length || !fits)
      throw new KompaktError(
        'KPT_SHAPE_MISMATCH',
        expected(`indices within [${x.dims.join(',')}] but for axis ${axis}`, ctx.where, indices.dims),
      );
    return [{ dtype: x.dtype, dims: indices.dims }];
  },
  reference: (ctx) => {
    const [x, indices] = [inputValue(ctx, 0), inputValue(ctx, 1)];
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', 0), x.dims.length, ctx.where);
    const strides = stridesOf(x.dims);
    const others = stridedOffsets(indices.dims, strides.with(axis, 0));
    const at = indicesOf(indices, x.dims[axis]!, ctx.where);
    return [
      pick(
        x,
        indices.dims,
        others.map((offset, i) => offset + at[i]! * strides[axis]!),
      ),
    ];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', 0), dims.length, ctx.where);
    if (!movable(dtype) || dims[axis] === 0) return false;
    ctx.emit('gather_elements', [readPlain(ctx, 0), readPlain(ctx, 1)], [ctx.write(0, 'plain')], { axis });
    return true;
  },
});
