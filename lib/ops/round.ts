// Rounds to the nearest integer, halves to even.
import { zeroGradient } from './gradients/unary.js';
import { unaryOp } from './shared/elementwise.js';
import { roundHalfEven } from './shared/rounding.js';

export const round = unaryOp({
  op: 'Round',
  since: 11,
  float: () => roundHalfEven,
  gradient: zeroGradient,
  native: () => ({ op: 'round' }),
});
