// Largest of all inputs, element by element, broadcasting; NaN wins.
import { extremeGradient } from './gradients/arithmetic.js';
import { variadicOp } from './shared/binary.js';
import { arithmeticRule } from './shared/integer-arithmetic.js';

export const max = variadicOp({
  op: 'Max',
  since: 6,
  float: (a, b) => Math.max(a, b),
  // biome-ignore lint/complexity/useMathMinMax: Math.max takes no bigint
  integer: (a, b) => (a > b ? a : b),
  native: 'max',
  gradient: extremeGradient,
  quantize: arithmeticRule((a, b) => Math.max(a, b), null),
});
