// Adagrad (Duchi et al., 2011): steps shrink with the sum of squared gradients.
import { floatAttr } from './op.js';
import { defaultEpsilon, trainingStep } from './shared/training-step.js';

export const trainingAdagrad = trainingStep({
  op: 'Adagrad',
  states: 1,
  attributes: {
    decay_factor: { type: 'float', default: 0 },
    epsilon: { type: 'float', default: defaultEpsilon },
    norm_coefficient: { type: 'float', default: 0 },
  },
  rule: ({ node }, rate, turns) => {
    const r = rate / (1 + turns * floatAttr(node, 'decay_factor', 0));
    const [norm, epsilon] = [
      floatAttr(node, 'norm_coefficient', 0),
      floatAttr(node, 'epsilon', defaultEpsilon),
    ];
    return (weight, gradient, [sum]) => {
      const g = norm * weight + gradient;
      const squares = sum + g * g;
      return [weight - (r * g) / (Math.sqrt(squares) + epsilon), squares];
    };
  },
});
