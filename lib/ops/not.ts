// Logical negation.
import { staysFloat } from './op.js';
import { predicateOp } from './shared/elementwise.js';

export const not = predicateOp({
  op: 'Not',
  since: 1,
  types: ['bool'],
  quantize: staysFloat('bool is not a quantised number'),
  test: () => (x) => x === 0,
});
