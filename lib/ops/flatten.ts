// A matrix: dims before the axis become rows, the others columns.
import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import { intAttr } from './op.js';
import { viewOp } from './shared/view.js';

export const flatten = viewOp({
  op: 'Flatten',
  since: 1,
  inputs: [1, 1],
  attributes: { axis: { type: 'int', default: 1 } },
  dims: (ctx, x) => {
    const given = intAttr(ctx.node, 'axis', 1);
    // The axis may be the rank itself, but a negative one counts from the rank as anywhere else.
    const axis =
      given < 0 ? normalizeAxis(given, x.length, ctx.where) : normalizeAxis(given, x.length, ctx.where, true);
    return [sizeOf(x.slice(0, axis)), sizeOf(x.slice(axis))];
  },
});
