// x * sigmoid(alpha * x).
import { floatAttr } from './op.js';
import { aboveMinusInfinity } from './shared/activation.js';
import { unaryOp } from './shared/elementwise.js';

export const swish = unaryOp({
  op: 'Swish',
  since: 24,
  attributes: { alpha: { type: 'float', default: 1 } },
  float: ({ node }) => {
    const alpha = floatAttr(node, 'alpha', 1);
    return (x) => aboveMinusInfinity(x) / (1 + Math.exp(-alpha * x));
  },
  native: ({ node }) => ({ op: 'silu', alpha: floatAttr(node, 'alpha', 1) }),
});
