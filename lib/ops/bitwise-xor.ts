// Bitwise exclusive or of integers, broadcasting.
import { staysFloat } from './op.js';
import { binaryOp } from './shared/binary.js';
import { integerTypes } from './shared/elements.js';

export const bitwiseXor = binaryOp({
  op: 'BitwiseXor',
  since: 18,
  types: integerTypes,
  integer: () => (a, b) => a ^ b,
  native: null,
  quantize: staysFloat('bits are not quantised numbers'),
});
