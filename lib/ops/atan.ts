// Inverse tangent.
import { atanGradient } from './gradients/unary.js';
import { unaryOp } from './shared/elementwise.js';

export const atan = unaryOp({
  op: 'Atan',
  since: 7,
  float: () => Math.atan,
  native: null,
  gradient: atanGradient,
});
