// Bitwise exclusive or of integers, broadcasting.
import { notDifferentiable, staysFloat } from './op.js';
import { binaryOp } from './shared/binary.js';
import { integerTypes } from './shared/elements.js';

export const bitwiseXor = binaryOp({
  op: 'BitwiseXor',
  since: 18,
  types: integerTypes,
  integer: () => (a, b) => a ^ b,
  native: null,
  gradient: notDifferentiable('its values are bits, truth values or remainders'),
  quantize: staysFloat('bits are not quantised numbers'),
});
