// a = b, broadcasting.
import { compareOp } from './shared/binary.js';
import { allTypes } from './shared/elements.js';

export const equal = compareOp({
  op: 'Equal',
  since: 7,
  types: allTypes,
  test: (a, b) => a === b,
  native: 'equal',
});
