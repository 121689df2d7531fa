// Other dims for the same elements: 0 copies a dim of the input (unless allowzero), one -1 takes what is left.
import { expected, KompaktError } from '../errors.js';
import { sizeOf } from '../tensor/shape.js';
import { intAttr, needValue } from './op.js';
import { integersOf } from './shared/elements.js';
import { viewOp } from './shared/view.js';
import { shapedViewChannels } from './shared/view-channels.js';

export const reshape = viewOp({
  op: 'Reshape',
  since: 5,
  inputs: [2, 2],
  attributes: { allowzero: { type: 'int', default: 0 } },
  dims: (ctx, x) => {
    const asked = integersOf(needValue(ctx, 1));
    const copyZero = intAttr(ctx.node, 'allowzero', 0) === 0;
    const dims = asked.map((d, i) => (d === 0 && copyZero ? x[i] : d));
    const rest = dims.indexOf(-1);
    const fixed = sizeOf(dims.filter((d) => d !== -1).map((d) => d ?? Number.NaN));
    if (rest >= 0) dims[rest] = fixed === 0 ? Number.NaN : sizeOf(x) / fixed;
    if (!dims.every((d) => Number.isInteger(d) && d! >= 0) || sizeOf(dims as number[]) !== sizeOf(x))
      throw new KompaktError(
        'KPT_SHAPE_MISMATCH',
        expected(`a shape of ${sizeOf(x)} elements (input [${x.join(',')}])`, ctx.where, asked),
      );
    return dims as number[];
  },
  channels: shapedViewChannels,
});
