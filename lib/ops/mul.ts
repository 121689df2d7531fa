// Product of two tensors, broadcasting.
import { mulGradient } from './gradients/arithmetic.js';
import { binaryOp } from './shared/binary.js';
import { arithmeticRule } from './shared/integer-arithmetic.js';

export const mul = binaryOp({
  op: 'Mul',
  since: 7,
  float: () => (a, b) => a * b,
  integer: () => (a, b) => a * b,
  native: 'mul',
  learns: [0, 1],
  gradient: mulGradient,
  quantize: arithmeticRule((a, b) => a * b, 'QLinearMul'),
});
