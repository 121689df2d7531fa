// Sum of two tensors, broadcasting.
import { addGradient } from './gradients/arithmetic.js';
import { binaryOp } from './shared/binary.js';
import { arithmeticRule } from './shared/integer-arithmetic.js';

export const add = binaryOp({
  op: 'Add',
  since: 7,
  float: () => (a, b) => a + b,
  integer: () => (a, b) => a + b,
  native: 'add',
  learns: [0, 1],
  gradient: addGradient,
  quantize: arithmeticRule((a, b) => a + b, 'QLinearAdd'),
});
