// x for x >= 0, else slope * x; the slope broadcasts to x.

import { expected, KompaktError } from '../errors.js';
import { broadcastDims, sameDims } from '../tensor/shape.js';
import { preluGradient } from './gradients/arithmetic.js';
import { staysFloat } from './op.js';
import { binaryOp } from './shared/binary.js';
import { floatTypes } from './shared/elements.js';

const base = binaryOp({
  op: 'PRelu',
  since: 7,
  types: [...floatTypes, 'int32', 'int64', 'uint32', 'uint64'],
  float: () => (a, b) => (a < 0 ? a * b : a),
  integer: () => (a, b) => (a < 0n ? a * b : a),
  native: 'prelu',
  learns: [1],
  gradient: preluGradient,
  quantize: staysFloat('its slope per channel is no table of bytes'),
});

export const prelu = Object.freeze({
  ...base,
  infer: (ctx: Parameters<typeof base.infer>[0]) => {
    const types = base.infer(ctx);
    const x = ctx.inputs[0]!.dims;
    if (!sameDims(broadcastDims([x, types[0]!.dims], ctx.where), x))
      throw new KompaktError(
        'KPT_SHAPE_MISMATCH',
        expected(`a slope that broadcasts to [${x.join(',')}]`, ctx.where, ctx.inputs[1]!.dims),
      );
    return types;
  },
});
