// Removes dims of 1: those of the given axes, or all.
import { expected, KompaktError } from '../errors.js';
import { normalizeAxis } from '../tensor/shape.js';
import { needValue } from './op.js';
import { integersOf } from './shared/elements.js';
import { viewOp } from './shared/view.js';

export const squeeze = viewOp({
  op: 'Squeeze',
  since: 13,
  inputs: [1, 2],
  dims: (ctx, x) => {
    if (ctx.inputs[1] === undefined) return x.filter((d) => d !== 1);
    const axes = integersOf(needValue(ctx, 1)).map((a) => normalizeAxis(a, x.length, ctx.where));
    for (const axis of axes)
      if (x[axis] !== 1)
        throw new KompaktError('KPT_SHAPE_MISMATCH', expected(`dim 1 at axis ${axis}`, ctx.where, x));
    return x.filter((_, i) => !axes.includes(i));
  },
});
