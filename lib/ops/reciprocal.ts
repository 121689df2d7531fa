// 1 / x.
import { unaryOp } from './shared/elementwise.js';

export const reciprocal = unaryOp({
  op: 'Reciprocal',
  since: 6,
  float: () => (x) => 1 / x,
  native: () => ({ op: 'reciprocal' }),
});
