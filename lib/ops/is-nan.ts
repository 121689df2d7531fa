// Tells which elements are NaN.
import { staysFloat } from './op.js';
import { floatTypes } from './shared/elements.js';
import { predicateOp } from './shared/elementwise.js';

export const isNan = predicateOp({
  op: 'IsNaN',
  since: 9,
  types: floatTypes,
  quantize: staysFloat('its output is bool, not a quantised number'),
  test: () => Number.isNaN,
});
