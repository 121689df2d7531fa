// Euclidean norm over axes.
import { integerFrom } from '../tensor/integers.js';
import { l2Part } from './gradients/reduction.js';
import { staysFloat } from './op.js';
import { reduceOp } from './shared/reduce.js';

export const reduceL2 = reduceOp({
  op: 'ReduceL2',
  since: 1,
  float: (values) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0)),
  integer: (values, dtype) =>
    integerFrom(Math.sqrt(Number(values.reduce((sum, v) => sum + v * v, 0n))), dtype),
  native: 'l2',
  gradient: l2Part,
  quantize: staysFloat('its native form takes floats'),
});
