// Inverse hyperbolic tangent.
import { atanhGradient } from './gradients/unary.js';
import { unaryOp } from './shared/elementwise.js';

export const atanh = unaryOp({
  op: 'Atanh',
  since: 9,
  float: () => Math.atanh,
  native: null,
  gradient: atanhGradient,
});
