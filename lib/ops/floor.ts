// Rounds down.
import { zeroGradient } from './gradients/unary.js';
import { unaryOp } from './shared/elementwise.js';

export const floor = unaryOp({
  op: 'Floor',
  since: 6,
  float: () => Math.floor,
  gradient: zeroGradient,
  native: () => ({ op: 'floor' }),
});
