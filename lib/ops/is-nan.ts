// Tells which elements are NaN.
import { staysFloat } from './op.js';
import { floatTypes } from './shared/elements.js';
import { predicateOp } from './shared/elementwise.js';
import { readAsIs } from './shared/layout.js';

export const isNan = predicateOp({
  op: 'IsNaN',
  since: 9,
  types: floatTypes,
  quantize: staysFloat('its output is bool, not a quantised number'),
  test: () => Number.isNaN,
  // NaN alone is unlike itself.
  lower: (ctx) => {
    if (ctx.inputs[0]!.dtype !== 'float32') return false;
    const { buffer, layout } = readAsIs(ctx, 0);
    ctx.emit('compare', [buffer, buffer], [ctx.write(0, layout)], { op: 'not_equal' });
    return true;
  },
});
