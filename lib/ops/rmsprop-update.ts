// RmspropUpdate (ai.kompakt; Tieleman & Hinton 2012): s = alpha * s + (1 - alpha) * g^2;
// b = momentum * b + g / (sqrt(s) + epsilon); w -= rate * b. hyper = [rate].
import { floatAttr } from './op.js';
import { updateOp } from './shared/update.js';

export const rmspropUpdate = updateOp({
  op: 'RmspropUpdate',
  slots: 2,
  hypers: 1,
  attributes: { alpha: { type: 'float' }, momentum: { type: 'float' }, epsilon: { type: 'float' } },
  rule: (node) => {
    const [alpha, momentum, epsilon] = ['alpha', 'momentum', 'epsilon'].map((name) => floatAttr(node, name));
    return (w, g, [s, b], [rate]) => {
      const square = alpha! * s! + (1 - alpha!) * g * g;
      const step = momentum! * b! + g / (Math.sqrt(square) + epsilon!);
      return [w - rate! * step, square, step];
    };
  },
  native: (node) => ({
    rule: 'rmsprop',
    alpha: floatAttr(node, 'alpha'),
    beta: floatAttr(node, 'momentum'),
    epsilon: floatAttr(node, 'epsilon'),
    decay: 0,
  }),
});
