// Mean of all inputs, broadcasting.
import { sumGradient } from './gradients/arithmetic.js';
import { staysFloat } from './op.js';
import { variadicOp } from './shared/binary.js';
import { floatTypes } from './shared/elements.js';

export const mean = variadicOp({
  op: 'Mean',
  since: 6,
  types: floatTypes,
  float: (a, b) => a + b,
  finish: (sum, n) => sum / n,
  native: 'add',
  gradient: sumGradient(true),
  quantize: staysFloat('means of many inputs have no integer operator'),
});
