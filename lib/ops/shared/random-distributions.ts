// The two distributions of the Random operators, with their attributes.
import { floatAttr } from '../op.js';
import { normalNumbers } from './random-numbers.js';
import type { RandomSpec } from './random-op.js';

type Distribution = Pick<RandomSpec, 'attributes' | 'draw'>;

export const normalDistribution: Distribution = {
  attributes: { mean: { type: 'float', default: 0 }, scale: { type: 'float', default: 1 } },
  draw: ({ node }, uniform) => {
    const normal = normalNumbers(uniform);
    const [mean, scale] = [floatAttr(node, 'mean', 0), floatAttr(node, 'scale', 1)];
    return () => mean + scale * normal();
  },
};

export const uniformDistribution: Distribution = {
  attributes: { low: { type: 'float', default: 0 }, high: { type: 'float', default: 1 } },
  draw: ({ node }, uniform) => {
    const [low, high] = [floatAttr(node, 'low', 0), floatAttr(node, 'high', 1)];
    return () => low + (high - low) * uniform();
  },
};
