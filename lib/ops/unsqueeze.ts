// Inserts dims of 1 so that they have the given axes in the output.
import { expected, KompaktError } from '../errors.js';
import { normalizeAxis } from '../tensor/shape.js';
import { needValue } from './op.js';
import { integersOf } from './shared/elements.js';
import { viewOp } from './shared/view.js';

export const unsqueeze = viewOp({
  op: 'Unsqueeze',
  since: 13,
  inputs: [2, 2],
  dims: (ctx, x) => {
    const given = integersOf(needValue(ctx, 1));
    const rank = x.length + given.length;
    const axes = new Set(given.map((a) => normalizeAxis(a, rank, ctx.where)));
    if (axes.size !== given.length)
      throw new KompaktError('KPT_ATTRIBUTE_INVALID', expected('axes without repetition', ctx.where, given));
    const rest = x.values();
    return Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : (rest.next().value as number)));
  },
});
