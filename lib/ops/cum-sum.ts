// CumSum: running sum along an axis.
import { cumulativeOp } from './shared/cumulative.js';

export const cumSum = cumulativeOp({
  op: 'CumSum',
  since: 11,
  why: 'sums outgrow the scale of what is summed',
  neutral: 0,
  integers: (a, b) => a + b,
  floats: (a, b) => a + b,
});
