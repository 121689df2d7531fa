// Inverse hyperbolic tangent.
import { unaryOp } from './shared/elementwise.js';

export const atanh = unaryOp({
  op: 'Atanh',
  since: 9,
  float: () => Math.atanh,
  native: () => ({ op: 'atanh' }),
});
