// CumProd: running product along an axis.

import { cumulativeOp } from './shared/cumulative.js';
import { wrapInteger } from './shared/elements.js';

export const cumProd = cumulativeOp({
  op: 'CumProd',
  since: 26,
  why: 'products outgrow the scale of what is multiplied',
  neutral: 1,
  // Kept to 64 bits, whose low ones are all that any type needs.
  integers: (a, b) => wrapInteger('uint64', a * b),
  floats: (a, b) => a * b,
});
