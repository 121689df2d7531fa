// Quotient of two tensors, broadcasting; integers are truncated towards zero.

import { expected, KompaktError } from '../errors.js';
import { divGradient } from './gradients/arithmetic.js';
import { binaryOp } from './shared/binary.js';
import { arithmeticRule } from './shared/integer-arithmetic.js';

export const div = binaryOp({
  op: 'Div',
  since: 7,
  float: () => (a, b) => a / b,
  integer:
    ({ where }) =>
    (a, b) => {
      if (b === 0n)
        throw new KompaktError('KPT_DATA_MALFORMED', expected('a divisor other than 0', where, Number(b)));
      return a / b;
    },
  native: 'div',
  gradient: divGradient,
  quantize: arithmeticRule((a, b) => a / b, null),
});
