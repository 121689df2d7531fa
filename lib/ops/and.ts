// Logical and, broadcasting.
import { compareOp } from './shared/binary.js';

export const and = compareOp({
  op: 'And',
  since: 7,
  types: ['bool'],
  test: (a, b) => a === 1 && b === 1,
  native: 'and',
});
