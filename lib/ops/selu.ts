// Scaled exponential linear unit: gamma * (x for x > 0, else alpha * (exp(x) - 1)).
import { floatAttr } from './op.js';
import { unaryOp } from './shared/elementwise.js';

/** The self-normalising constants, as the specification gives them. */
const defaultAlpha = 1.6732632;
const defaultGamma = 1.050701;

export const selu = unaryOp({
  op: 'Selu',
  since: 6,
  attributes: {
    alpha: { type: 'float', default: defaultAlpha },
    gamma: { type: 'float', default: defaultGamma },
  },
  float: ({ node }) => {
    const alpha = floatAttr(node, 'alpha', defaultAlpha);
    const gamma = floatAttr(node, 'gamma', defaultGamma);
    return (x) => gamma * (x > 0 ? x : alpha * Math.expm1(x));
  },
  native: ({ node }) => ({
    op: 'selu',
    alpha: floatAttr(node, 'alpha', defaultAlpha),
    beta: floatAttr(node, 'gamma', defaultGamma),
  }),
});
