// Shifts the bits of unsigned integers, broadcasting.
import { expected, KompaktError } from '../errors.js';
import { notDifferentiable, staysFloat, stringAttr } from './op.js';
import { binaryOp } from './shared/binary.js';
import { unsignedTypes } from './shared/elements.js';

export const bitShift = binaryOp({
  op: 'BitShift',
  since: 11,
  attributes: { direction: { type: 'string' } },
  types: unsignedTypes,
  integer: ({ node, where }) => {
    const direction = stringAttr(node, 'direction');
    if (direction !== 'LEFT' && direction !== 'RIGHT')
      throw new KompaktError('KPT_ATTRIBUTE_INVALID', expected('direction LEFT or RIGHT', where, direction));
    return direction === 'LEFT' ? (a, b) => a << b : (a, b) => a >> b;
  },
  native: null,
  gradient: notDifferentiable('its values are bits, truth values or remainders'),
  quantize: staysFloat('bits are not quantised numbers'),
});
