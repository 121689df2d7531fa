// max(0, min(1, alpha * x + beta)).
import { floatAttr } from './op.js';
import { unaryOp } from './shared/elementwise.js';

export const hardSigmoid = unaryOp({
  op: 'HardSigmoid',
  since: 6,
  attributes: { alpha: { type: 'float', default: 0.2 }, beta: { type: 'float', default: 0.5 } },
  float: ({ node }) => {
    const alpha = floatAttr(node, 'alpha', 0.2);
    const beta = floatAttr(node, 'beta', 0.5);
    return (x) => Math.max(0, Math.min(1, alpha * x + beta));
  },
  native: ({ node }) => ({
    op: 'hard_sigmoid',
    alpha: floatAttr(node, 'alpha', 0.2),
    beta: floatAttr(node, 'beta', 0.5),
  }),
  bounds: ({ node }) => {
    const alpha = floatAttr(node, 'alpha', 0.2);
    const beta = floatAttr(node, 'beta', 0.5);
    return alpha > 0 ? { needs: { min: -beta / alpha, max: (1 - beta) / alpha } } : {};
  },
});
