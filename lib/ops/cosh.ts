// Hyperbolic cosine.
import { unaryOp } from './shared/elementwise.js';

export const cosh = unaryOp({
  op: 'Cosh',
  since: 9,
  float: () => Math.cosh,
  native: () => ({ op: 'cosh' }),
});
