// a >= b, broadcasting.
import { compareOp } from './shared/binary.js';
import { numberTypes } from './shared/elements.js';

export const greaterOrEqual = compareOp({
  op: 'GreaterOrEqual',
  since: 12,
  types: numberTypes,
  test: (a, b) => a >= b,
  native: 'less_equal',
  swapped: true,
});
