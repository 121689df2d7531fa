// Hyperbolic sine.
import { sinhGradient } from './gradients/unary.js';
import { unaryOp } from './shared/elementwise.js';

export const sinh = unaryOp({
  op: 'Sinh',
  since: 9,
  float: () => Math.sinh,
  native: null,
  gradient: sinhGradient,
});
