// Negation.
import { floatTypes, signedTypes } from './shared/elements.js';
import { unaryOp } from './shared/elementwise.js';

export const neg = unaryOp({
  op: 'Neg',
  since: 6,
  types: [...floatTypes, ...signedTypes],
  float: () => (x) => -x,
  integer: () => (x) => -x,
  native: () => ({ op: 'neg' }),
});
