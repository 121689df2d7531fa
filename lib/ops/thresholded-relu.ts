// x where x > alpha, else 0.
import { floatAttr } from './op.js';
import { unaryOp } from './shared/elementwise.js';

export const thresholdedRelu = unaryOp({
  op: 'ThresholdedRelu',
  since: 10,
  attributes: { alpha: { type: 'float', default: 1 } },
  float: ({ node }) => {
    const alpha = floatAttr(node, 'alpha', 1);
    return (x) => (x > alpha ? x : 0);
  },
  native: ({ node }) => ({ op: 'thresholded_relu', alpha: floatAttr(node, 'alpha', 1) }),
});
