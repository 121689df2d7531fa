// Remainder, broadcasting: with the sign of the divisor (integers), or of the dividend when fmod = 1.
import { expected, KompaktError } from '../errors.js';
import type { DType } from '../tensor/dtype.js';
import { defineOp, intAttr, notDifferentiable, staysFloat } from './op.js';
import { binaryOp, broadcastOperands } from './shared/binary.js';

const reference = binaryOp({
  op: 'Mod',
  since: 10,
  attributes: { fmod: { type: 'int', default: 0 } },
  float: ({ node, where }) => {
    if (intAttr(node, 'fmod', 0) !== 1)
      throw new KompaktError('KPT_ATTRIBUTE_INVALID', expected('fmod = 1, as floats need,', where, 0));
    return (a, b) => a % b;
  },
  integer: ({ node, where }) => {
    const truncated = intAttr(node, 'fmod', 0) === 1;
    return (a, b) => {
      if (b === 0n)
        throw new KompaktError('KPT_DATA_MALFORMED', expected('a divisor other than 0', where, 0));
      const rest = a % b;
      return truncated || rest === 0n || rest < 0n === b < 0n ? rest : rest + b;
    };
  },
  native: null,
  gradient: notDifferentiable('its values are bits, truth values or remainders'),
  quantize: staysFloat('a remainder jumps, which a scale cannot follow'),
});

export const mod = defineOp({
  ...reference,
  lower: (ctx) => {
    const { dtype } = ctx.outputs[0]!;
    const fmod = intAttr(ctx.node, 'fmod', 0) === 1;
    if (dtype === 'float32' ? !fmod : !integers.includes(dtype)) return false;
    const { buffers, layout } = broadcastOperands(ctx);
    ctx.emit('mod', buffers, [ctx.write(0, layout)], { truncated: Number(fmod) });
    return true;
  },
});

/** Integers that the engine has as they are. */
const integers: readonly DType[] = ['int32', 'int64', 'uint8'];
