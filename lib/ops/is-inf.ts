// Tells which elements are infinite, of one sign or both.
import { intAttr, staysFloat } from './op.js';
import { floatTypes } from './shared/elements.js';
import { predicateOp } from './shared/elementwise.js';

export const isInf = predicateOp({
  op: 'IsInf',
  since: 10,
  attributes: {
    detect_negative: { type: 'int', default: 1 },
    detect_positive: { type: 'int', default: 1 },
  },
  types: floatTypes,
  quantize: staysFloat('its output is bool, not a quantised number'),
  test: ({ node }) => {
    const negative = intAttr(node, 'detect_negative', 1) !== 0;
    const positive = intAttr(node, 'detect_positive', 1) !== 0;
    return (x) => (x === Infinity && positive) || (x === -Infinity && negative);
  },
});
