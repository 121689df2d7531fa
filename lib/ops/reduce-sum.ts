// Sum over axes.
import { sumPart } from './gradients/reduction.js';
import { staysFloat } from './op.js';
import { reduceOp } from './shared/reduce.js';

export const reduceSum = reduceOp({
  op: 'ReduceSum',
  since: 1,
  float: (values) => values.reduce((sum, v) => sum + v, 0),
  integer: (values) => values.reduce((sum, v) => sum + v, 0n),
  native: 'sum',
  gradient: sumPart,
  quantize: staysFloat('its native form takes floats'),
});
