// Stochastic gradient descent with momentum, plain or Nesterov's.
import { floatAttr, stringAttr } from './op.js';
import { illegalAttribute } from './shared/illegal.js';
import { trainingStep } from './shared/training-step.js';

export const trainingMomentum = trainingStep({
  op: 'Momentum',
  states: 1,
  attributes: {
    alpha: { type: 'float' },
    beta: { type: 'float' },
    mode: { type: 'string' },
    norm_coefficient: { type: 'float' },
  },
  rule: ({ node, where }, rate, turns) => {
    const [alpha, norm] = [floatAttr(node, 'alpha'), floatAttr(node, 'norm_coefficient')];
    const beta = turns > 0 ? floatAttr(node, 'beta') : 1;
    const mode = stringAttr(node, 'mode');
    if (mode !== 'standard' && mode !== 'nesterov')
      illegalAttribute('mode standard or nesterov', where, mode);
    return (weight, gradient, [momentum]) => {
      const g = norm * weight + gradient;
      const v = alpha * momentum + beta * g;
      return [weight - rate * (mode === 'nesterov' ? g + alpha * v : v), v];
    };
  },
});
