// Logarithm of the sum of exponentials over axes.
import { integerFrom } from '../tensor/integers.js';
import { logSumExpPart } from './gradients/reduction.js';
import { staysFloat } from './op.js';
import { reduceOp } from './shared/reduce.js';

export const reduceLogSumExp = reduceOp({
  op: 'ReduceLogSumExp',
  since: 1,
  float: logSumExp,
  integer: (values, dtype) => integerFrom(logSumExp(Float64Array.from(values, Number)), dtype),
  native: 'log_sum_exp',
  gradient: logSumExpPart,
  quantize: staysFloat('its native form takes floats'),
});

/** Shifted by the largest value, so that nothing overflows. */
function logSumExp(values: Float64Array): number {
  const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(values.reduce((sum, v) => sum + Math.exp(v - largest), 0));
}
