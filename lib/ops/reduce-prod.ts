// Product over axes.
import { prodPart } from './gradients/reduction.js';
import { staysFloat } from './op.js';
import { reduceOp } from './shared/reduce.js';

export const reduceProd = reduceOp({
  op: 'ReduceProd',
  since: 1,
  float: (values) => values.reduce((product, v) => product * v, 1),
  integer: (values) => values.reduce((product, v) => product * v, 1n),
  native: 'prod',
  gradient: prodPart,
  quantize: staysFloat('its native form takes floats'),
});
