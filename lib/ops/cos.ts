// Cosine.
import { cosGradient } from './gradients/unary.js';
import { unaryOp } from './shared/elementwise.js';

export const cos = unaryOp({
  op: 'Cos',
  since: 7,
  float: () => Math.cos,
  native: null,
  gradient: cosGradient,
});
