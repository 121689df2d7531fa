// Adam (Kingma and Ba, 2015): moving averages of gradients and of their squares.
import { floatAttr } from './op.js';
import { defaultEpsilon, trainingStep } from './shared/training-step.js';

export const trainingAdam = trainingStep({
  op: 'Adam',
  states: 2,
  attributes: {
    alpha: { type: 'float', default: 0.9 },
    beta: { type: 'float', default: 0.999 },
    epsilon: { type: 'float', default: defaultEpsilon },
    norm_coefficient: { type: 'float', default: 0 },
    norm_coefficient_post: { type: 'float', default: 0 },
  },
  rule: ({ node }, rate, turns) => {
    const [alpha, beta] = [floatAttr(node, 'alpha', 0.9), floatAttr(node, 'beta', 0.999)];
    const epsilon = floatAttr(node, 'epsilon', defaultEpsilon);
    const norm = floatAttr(node, 'norm_coefficient', 0);
    const shrink = 1 - floatAttr(node, 'norm_coefficient_post', 0);
    const r = turns > 0 ? (rate * Math.sqrt(1 - beta ** turns)) / (1 - alpha ** turns) : rate;
    return (weight, gradient, [mean, square]) => {
      const g = norm * weight + gradient;
      const v = alpha * mean + (1 - alpha) * g;
      const h = beta * square + (1 - beta) * g * g;
      return [shrink * (weight - (r * v) / (Math.sqrt(h) + epsilon)), v, h];
    };
  },
});
