// Exponential function.
import { unaryOp } from './shared/elementwise.js';

export const exp = unaryOp({
  op: 'Exp',
  since: 6,
  float: () => Math.exp,
  native: () => ({ op: 'exp' }),
});
