// x / (1 + |x|).
import { unaryOp } from './shared/elementwise.js';

export const softsign = unaryOp({
  op: 'Softsign',
  since: 1,
  float: () => (x) => x / (1 + Math.abs(x)),
  native: () => ({ op: 'softsign' }),
});
