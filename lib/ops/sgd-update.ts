// SgdUpdate (ai.kompakt): v = momentum * v + g; w -= rate * v, or with Nesterov's look ahead rate * (g + momentum * v).
// hyper = [rate].
import { floatAttr, intAttr } from './op.js';
import { updateOp } from './shared/update.js';

export const sgdUpdate = updateOp({
  op: 'SgdUpdate',
  slots: 1,
  hypers: 1,
  attributes: { momentum: { type: 'float' }, nesterov: { type: 'int', default: 0 } },
  rule: (node) => {
    const momentum = floatAttr(node, 'momentum');
    const nesterov = intAttr(node, 'nesterov', 0) !== 0;
    return (w, g, [v], [rate]) => {
      const next = momentum * v! + g;
      return [w - rate! * (nesterov ? g + momentum * next : next), next];
    };
  },
  native: (node) => ({
    rule: intAttr(node, 'nesterov', 0) !== 0 ? 'nesterov' : 'momentum',
    alpha: floatAttr(node, 'momentum'),
    beta: 0,
    epsilon: 0,
    decay: 0,
  }),
});
