// Logical or, broadcasting.
import { compareOp } from './shared/binary.js';

export const or = compareOp({
  op: 'Or',
  since: 7,
  types: ['bool'],
  test: (a, b) => a === 1 || b === 1,
  native: 'or',
});
