// Exponential linear unit: x for x >= 0, else alpha * (exp(x) - 1).
import { floatAttr } from './op.js';
import { unaryOp } from './shared/elementwise.js';

export const elu = unaryOp({
  op: 'Elu',
  since: 6,
  attributes: { alpha: { type: 'float', default: 1 } },
  float: ({ node }) => {
    const alpha = floatAttr(node, 'alpha', 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
  },
  native: ({ node }) => ({ op: 'elu', alpha: floatAttr(node, 'alpha', 1) }),
});
