// Smallest of all inputs, element by element, broadcasting; NaN wins.
import { extremeGradient } from './gradients/arithmetic.js';
import { variadicOp } from './shared/binary.js';
import { arithmeticRule } from './shared/integer-arithmetic.js';

export const min = variadicOp({
  op: 'Min',
  since: 6,
  float: (a, b) => Math.min(a, b),
  // biome-ignore lint/complexity/useMathMinMax: Math.min takes no bigint
  integer: (a, b) => (a < b ? a : b),
  native: 'min',
  gradient: extremeGradient,
  quantize: arithmeticRule((a, b) => Math.min(a, b), null),
});
