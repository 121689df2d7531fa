// Logarithm of the sum over axes.
import { integerFrom } from '../tensor/integers.js';
import { logSumPart } from './gradients/reduction.js';
import { staysFloat } from './op.js';
import { reduceOp } from './shared/reduce.js';

export const reduceLogSum = reduceOp({
  op: 'ReduceLogSum',
  since: 1,
  float: (values) => Math.log(values.reduce((sum, v) => sum + v, 0)),
  integer: (values, dtype) => integerFrom(Math.log(Number(values.reduce((sum, v) => sum + v, 0n))), dtype),
  native: 'sum',
  log: true,
  gradient: logSumPart,
  quantize: staysFloat('its native form takes floats'),
});
