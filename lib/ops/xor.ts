// Logical exclusive or, broadcasting.
import { compareOp } from './shared/binary.js';

export const xor = compareOp({
  op: 'Xor',
  since: 7,
  types: ['bool'],
  test: (a, b) => a !== b,
  native: 'not_equal',
});
