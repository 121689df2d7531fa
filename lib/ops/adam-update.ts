// AdamUpdate (ai.kompakt; Kingma & Ba 2015, decay apart from the gradient: Loshchilov & Hutter 2019, AdamW):
// m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g^2; w -= rate * decay * w;
// w -= hyper[0] * m / (sqrt(v) * hyper[1] + epsilon). hyper = [rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t), rate].
import { floatAttr } from './op.js';
import { updateOp } from './shared/update.js';

export const adamUpdate = updateOp({
  op: 'AdamUpdate',
  slots: 2,
  hypers: 3,
  attributes: {
    beta1: { type: 'float' },
    beta2: { type: 'float' },
    epsilon: { type: 'float' },
    decay: { type: 'float', default: 0 },
  },
  rule: (node) => {
    const [beta1, beta2, epsilon] = ['beta1', 'beta2', 'epsilon'].map((name) => floatAttr(node, name));
    const decay = floatAttr(node, 'decay', 0);
    return (w, g, [m, v], [rate, correction, plain]) => {
      const mean = beta1! * m! + (1 - beta1!) * g;
      const square = beta2! * v! + (1 - beta2!) * g * g;
      const kept = w - plain! * decay * w;
      return [kept - (rate! * mean) / (Math.sqrt(square) * correction! + epsilon!), mean, square];
    };
  },
  native: (node) => ({
    rule: 'adam',
    alpha: floatAttr(node, 'beta1'),
    beta: floatAttr(node, 'beta2'),
    epsilon: floatAttr(node, 'epsilon'),
    decay: floatAttr(node, 'decay', 0),
  }),
});
