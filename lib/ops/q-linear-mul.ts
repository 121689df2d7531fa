// QLinearMul (com.microsoft): product of two 8-bit tensors with scales of their own.
import { defineOp, noMacs, notDifferentiable, staysFloat } from './op.js';
import {
  type BinaryParams,
  inferIntegerBinary,
  integerOperands,
  planBinary,
  referenceIntegerBinary,
} from './shared/integer-binary.js';
import { combinedScale, requantizeValue, storedZero } from './shared/quantized.js';
import { storedRange } from './storage.js';

const factorOf = ({ a, b, c }: BinaryParams): number => combinedScale(a.scale, b.scale, c.scale);

export const qLinearMul = defineOp({
  op: 'QLinearMul',
  domain: 'com.microsoft',
  since: 1,
  inputs: [7, 8],
  optional: [2, 5],
  outputs: [1, 1],
  attributes: {},
  infer: inferIntegerBinary,
  reference: (ctx) =>
    referenceIntegerBinary(ctx, (x, y, params) => requantizeValue(x * y, factorOf(params), params.c.zero)),
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: noMacs,
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => {
    const params = planBinary(ctx);
    if (params === undefined) return false;
    const { a, b, y } = integerOperands(ctx);
    const [lo, hi] = storedRange;
    ctx.emit('mul_u8', [a, b], [y], {
      aZero: storedZero(params.a),
      bZero: storedZero(params.b),
      factor: factorOf(params),
      yZero: storedZero(params.c),
      lo,
      hi,
    });
    return true;
  },
});
