// Continuously differentiable exponential linear unit: max(0, x) + min(0, alpha * (exp(x / alpha) - 1)).
import { celuGradient } from './gradients/unary.js';
import { floatAttr } from './op.js';
import { unaryOp } from './shared/elementwise.js';

export const celu = unaryOp({
  op: 'Celu',
  since: 12,
  attributes: { alpha: { type: 'float', default: 1 } },
  float: ({ node }) => {
    const alpha = floatAttr(node, 'alpha', 1);
    return (x) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha));
  },
  native: ({ node }) => (floatAttr(node, 'alpha', 1) === 1 ? { op: 'elu', alpha: 1 } : null),
  gradient: celuGradient(({ node }) => floatAttr(node, 'alpha', 1)),
});
