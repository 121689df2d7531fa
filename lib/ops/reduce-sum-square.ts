// Sum of squares over axes.
import { sumSquarePart } from './gradients/reduction.js';
import { staysFloat } from './op.js';
import { reduceOp } from './shared/reduce.js';

export const reduceSumSquare = reduceOp({
  op: 'ReduceSumSquare',
  since: 1,
  float: (values) => values.reduce((sum, v) => sum + v * v, 0),
  integer: (values) => values.reduce((sum, v) => sum + v * v, 0n),
  native: 'sum_square',
  gradient: sumSquarePart,
  quantize: staysFloat('its native form takes floats'),
});
