// Rounds to the nearest integer, halves to even.

import { roundHalfEven } from './shared/activation.js';
import { unaryOp } from './shared/elementwise.js';

export const round = unaryOp({
  op: 'Round',
  since: 11,
  float: () => roundHalfEven,
  native: () => ({ op: 'round' }),
});
