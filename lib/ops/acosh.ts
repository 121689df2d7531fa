// Inverse hyperbolic cosine.
import { unaryOp } from './shared/elementwise.js';

export const acosh = unaryOp({
  op: 'Acosh',
  since: 9,
  float: () => Math.acosh,
  native: () => ({ op: 'acosh' }),
});
