// Hyperbolic cosine.
import { coshGradient } from './gradients/unary.js';
import { unaryOp } from './shared/elementwise.js';

export const cosh = unaryOp({
  op: 'Cosh',
  since: 9,
  float: () => Math.cosh,
  native: null,
  gradient: coshGradient,
});
