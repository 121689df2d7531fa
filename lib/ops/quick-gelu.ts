// QuickGelu (com.microsoft): x * sigmoid(alpha * x).
import { floatAttr } from './op.js';
import { defineFusedUnary } from './shared/fused-unary.js';

const defaultAlpha = Math.fround(1.702);

export const quickGelu = defineFusedUnary(
  'QuickGelu',
  'com.microsoft',
  { alpha: { type: 'float', default: defaultAlpha } },
  (node) => ({ activation: 'silu', alpha: floatAttr(node, 'alpha', defaultAlpha), beta: 0 }),
);
