// 1 / (1 + exp(-x)).
import { unaryOp } from './shared/elementwise.js';

export const sigmoid = unaryOp({
  op: 'Sigmoid',
  since: 6,
  float: () => (x) => 1 / (1 + Math.exp(-x)),
  native: () => ({ op: 'sigmoid' }),
});
