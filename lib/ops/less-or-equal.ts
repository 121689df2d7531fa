// a <= b, broadcasting.
import { compareOp } from './shared/binary.js';
import { numberTypes } from './shared/elements.js';

export const lessOrEqual = compareOp({
  op: 'LessOrEqual',
  since: 12,
  types: numberTypes,
  test: (a, b) => a <= b,
  native: 'less_equal',
});
