// Hyperbolic sine.
import { unaryOp } from './shared/elementwise.js';

export const sinh = unaryOp({
  op: 'Sinh',
  since: 9,
  float: () => Math.sinh,
  native: () => ({ op: 'sinh' }),
});
