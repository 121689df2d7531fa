// x for x >= 0, else alpha * x.
import { floatAttr } from './op.js';
import { unaryOp } from './shared/elementwise.js';

export const leakyRelu = unaryOp({
  op: 'LeakyRelu',
  since: 6,
  attributes: { alpha: { type: 'float', default: 0.01 } },
  float: ({ node }) => {
    const alpha = floatAttr(node, 'alpha', 0.01);
    return (x) => (x < 0 ? alpha * x : x);
  },
  native: ({ node }) => ({ op: 'leaky_relu', alpha: floatAttr(node, 'alpha', 0.01) }),
});
