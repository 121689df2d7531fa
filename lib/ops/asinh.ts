// Inverse hyperbolic sine.
import { unaryOp } from './shared/elementwise.js';

export const asinh = unaryOp({
  op: 'Asinh',
  since: 9,
  float: () => Math.asinh,
  native: () => ({ op: 'asinh' }),
});
