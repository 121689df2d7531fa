// Sum of absolute values over axes.
import { l1Part } from './gradients/reduction.js';
import { staysFloat } from './op.js';
import { reduceOp } from './shared/reduce.js';

export const reduceL1 = reduceOp({
  op: 'ReduceL1',
  since: 1,
  float: (values) => values.reduce((sum, v) => sum + Math.abs(v), 0),
  integer: (values) => values.reduce((sum, v) => sum + (v < 0n ? -v : v), 0n),
  native: 'l1',
  gradient: l1Part,
  quantize: staysFloat('its native form takes floats'),
});
