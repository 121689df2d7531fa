// Difference of two tensors, broadcasting.
import { subGradient } from './gradients/arithmetic.js';
import { binaryOp } from './shared/binary.js';
import { arithmeticRule } from './shared/integer-arithmetic.js';

export const sub = binaryOp({
  op: 'Sub',
  since: 7,
  float: () => (a, b) => a - b,
  integer: () => (a, b) => a - b,
  native: 'sub',
  gradient: subGradient,
  quantize: arithmeticRule((a, b) => a - b, null),
});
