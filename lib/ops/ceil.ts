// Rounds up.
import { zeroGradient } from './gradients/unary.js';
import { unaryOp } from './shared/elementwise.js';

export const ceil = unaryOp({
  op: 'Ceil',
  since: 6,
  float: () => Math.ceil,
  gradient: zeroGradient,
  native: () => ({ op: 'ceil' }),
});
