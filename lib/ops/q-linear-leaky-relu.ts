// QLinearLeakyRelu (com.microsoft): LeakyRelu of 8-bit integers.
import { floatAttr } from './op.js';
import { defineIntegerActivation } from './shared/integer-activation.js';

const slope = Math.fround(0.01);

export const qLinearLeakyRelu = defineIntegerActivation(
  'QLinearLeakyRelu',
  { alpha: { type: 'float', default: slope } },
  (node) => ({ activation: 'leaky_relu', alpha: floatAttr(node, 'alpha', slope), beta: 0 }),
);
