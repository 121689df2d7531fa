// log(1 + exp(x)).
import { unaryOp } from './shared/elementwise.js';

export const softplus = unaryOp({
  op: 'Softplus',
  since: 1,
  float: () => (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  native: () => ({ op: 'softplus' }),
});
