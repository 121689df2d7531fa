// LpNormalization: every row along an axis divided by its 1- or 2-norm.
import { normalizeAxis } from '../tensor/shape.js';
import { defineOp, inputType, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { inferRows, referenceRows } from './shared/axis-rows.js';
import { Body } from './shared/body.js';
import { illegalAttribute } from './shared/illegal.js';

export const lpNormalization = defineOp({
  op: 'LpNormalization',
  domain: '',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: -1 }, p: { type: 'int', default: 2 } },
  infer: (ctx) => {
    const p = intAttr(ctx.node, 'p', 2);
    if (p !== 1 && p !== 2) illegalAttribute('p of 1 or 2', ctx.where, p);
    return inferRows(ctx);
  },
  reference: (ctx) => {
    const p = intAttr(ctx.node, 'p', 2);
    return referenceRows(ctx, (row) => {
      const norm = row.reduce((sum, v) => sum + Math.abs(v) ** p, 0) ** (1 / p);
      return row.map((v) => (norm === 0 ? 0 : v / norm));
    });
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('norms lose too much in 8 bits'),
  lower: 'host',
  inline: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const norms = ['ReduceL1', 'ReduceL2'] as const;
    const norm = norms[intAttr(ctx.node, 'p', 2) - 1];
    if (dtype !== 'float32' || norm === undefined || dims.includes(0)) return undefined;
    const body = new Body(ctx);
    const x = body.input(0);
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', -1), dims.length, ctx.where);
    const length = body.reduce(norm, x, [axis]);
    // Rows of zeros give zeros; so do those whose squares are too small for float32, as in onnxruntime.
    const none = body.one('Equal', [length, body.scalar(0)]);
    const divisor = body.one('Where', [none, body.scalar(Number.POSITIVE_INFINITY), length]);
    return body.finish([body.one('Div', [x, divisor])]);
  },
});
