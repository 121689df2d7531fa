// Sum of all inputs, broadcasting.
import { sumGradient } from './gradients/arithmetic.js';
import { staysFloat } from './op.js';
import { variadicOp } from './shared/binary.js';
import { floatTypes } from './shared/elements.js';

export const sum = variadicOp({
  op: 'Sum',
  since: 6,
  types: floatTypes,
  float: (a, b) => a + b,
  native: 'add',
  gradient: sumGradient(false),
  quantize: staysFloat('sums of many inputs have no integer operator; Add has'),
});
