// Inverse hyperbolic sine.
import { asinhGradient } from './gradients/unary.js';
import { unaryOp } from './shared/elementwise.js';

export const asinh = unaryOp({
  op: 'Asinh',
  since: 9,
  float: () => Math.asinh,
  native: null,
  gradient: asinhGradient,
});
