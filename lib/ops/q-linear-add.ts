// QLinearAdd (com.microsoft): sum of two 8-bit tensors with scales of their own.
import { defineOp, noMacs, notDifferentiable, staysFloat } from './op.js';
import {
  inferIntegerBinary,
  integerOperands,
  planBinary,
  referenceIntegerBinary,
} from './shared/integer-binary.js';
import { storedZero } from './shared/quantized.js';
import { addQuantized } from './shared/quantized-sum.js';
import { storedRange } from './storage.js';

export const qLinearAdd = defineOp({
  op: 'QLinearAdd',
  domain: 'com.microsoft',
  since: 1,
  inputs: [7, 8],
  optional: [2, 5],
  outputs: [1, 1],
  attributes: {},
  infer: inferIntegerBinary,
  reference: (ctx) =>
    referenceIntegerBinary(ctx, (x, y, { a, b, c }) =>
      addQuantized(Math.fround(a.scale / c.scale), x, Math.fround(b.scale / c.scale), y, c.zero),
    ),
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: noMacs,
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => {
    const params = planBinary(ctx);
    if (params === undefined) return false;
    const { a, b, y } = integerOperands(ctx);
    const [lo, hi] = storedRange;
    ctx.emit('add_u8', [a, b], [y], {
      aFactor: Math.fround(params.a.scale / params.c.scale),
      aZero: storedZero(params.a),
      bFactor: Math.fround(params.b.scale / params.c.scale),
      bZero: storedZero(params.b),
      yZero: storedZero(params.c),
      lo,
      hi,
    });
    return true;
  },
});
