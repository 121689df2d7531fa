// Logarithm of the sum over axes.
import { logSumPart } from './gradients/reduction.js';
import { staysFloat } from './op.js';
import { reduceOp } from './shared/reduce.js';

export const reduceLogSum = reduceOp({
  op: 'ReduceLogSum',
  since: 1,
  float: (values) => Math.log(values.reduce((sum, v) => sum + v, 0)),
  integer: (values) => BigInt(Math.trunc(Math.log(Number(values.reduce((sum, v) => sum + v, 0n))))),
  native: 'sum',
  log: true,
  gradient: logSumPart,
  quantize: staysFloat('its native form takes floats'),
});
