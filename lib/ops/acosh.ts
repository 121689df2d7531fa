// Inverse hyperbolic cosine.
import { acoshGradient } from './gradients/unary.js';
import { unaryOp } from './shared/elementwise.js';

export const acosh = unaryOp({
  op: 'Acosh',
  since: 9,
  float: () => Math.acosh,
  native: null,
  gradient: acoshGradient,
});
