// a > b, broadcasting.
import { compareOp } from './shared/binary.js';
import { numberTypes } from './shared/elements.js';

export const greater = compareOp({
  op: 'Greater',
  since: 7,
  types: numberTypes,
  test: (a, b) => a > b,
  native: 'less',
  swapped: true,
});
