// x for x >= 0, else slope * x; the slope broadcasts to x.

import { expected, KompaktError } from '../errors.js';
import { broadcastDims, type Dims, sameDims } from '../tensor/shape.js';
import { preluGradient } from './gradients/arithmetic.js';
import { inputType, inputValue, type OpDef, staysFloat } from './op.js';
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

function checkSlope(x: Dims, slope: Dims, where: string): void {
  if (!sameDims(broadcastDims([x, slope], where), x))
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`a slope that broadcasts to [${x.join(',')}]`, where, slope),
    );
}

export const prelu: OpDef = Object.freeze({
  ...base,
  infer: (ctx) => {
    const types = base.infer(ctx);
    checkSlope(inputType(ctx, 0).dims, inputType(ctx, 1).dims, ctx.where);
    return types;
  },
  reference: (ctx) => {
    checkSlope(inputValue(ctx, 0).dims, inputValue(ctx, 1).dims, ctx.where);
    return base.reference(ctx);
  },
} satisfies OpDef);
