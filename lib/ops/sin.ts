// Sine.
import { sinGradient } from './gradients/unary.js';
import { unaryOp } from './shared/elementwise.js';

export const sin = unaryOp({
  op: 'Sin',
  since: 7,
  float: () => Math.sin,
  native: null,
  gradient: sinGradient,
});
