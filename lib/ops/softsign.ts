// x / (1 + |x|).
import { finite } from './shared/activation.js';
import { unaryOp } from './shared/elementwise.js';

export const softsign = unaryOp({
  op: 'Softsign',
  since: 1,
  float: () => (x) => finite(x) / (1 + Math.abs(finite(x))),
  native: () => ({ op: 'softsign' }),
});
