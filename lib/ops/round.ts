// Rounds to the nearest integer, halves to even.
import { unaryOp } from './shared/elementwise.js';
import { roundHalfEven } from './shared/rounding.js';

export const round = unaryOp({
  op: 'Round',
  since: 11,
  float: () => roundHalfEven,
  native: () => ({ op: 'round' }),
});
