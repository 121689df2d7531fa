// Keeps the upper or lower triangle of matrices; zero elsewhere.
import { expected, KompaktError } from '../errors.js';
import { isInt64 } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import { scalarOf } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { type Element, fromRaw } from './shared/elements.js';
import { readPlain } from './shared/layout.js';
import { movable } from './shared/move.js';
import { storageBias } from './storage.js';

export const trilu = defineOp({
  op: 'Trilu',
  domain: '',
  since: 14,
  inputs: [1, 2],
  outputs: [1, 1],
  attributes: { upper: { type: 'int', default: 1 } },
  infer: (ctx) => {
    const x = inputType(ctx, 0);
    if (x.dims.length < 2 || x.dtype === 'string')
      throw new KompaktError('KPT_SHAPE_MISMATCH', expected('matrices of numbers', ctx.where, x.dims));
    return [x];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const k = ctx.inputs[1] === undefined ? 0 : scalarOf(inputValue(ctx, 1), ctx.where);
    const upper = intAttr(ctx.node, 'upper', 1) === 1;
    const [rows, columns] = x.dims.slice(-2) as [number, number];
    const zero: Element = isInt64(x.dtype) ? 0n : 0;
    const values = Array.from(x.data as ArrayLike<Element>, (v, at) => {
      const diagonal = (at % columns) - (Math.floor(at / columns) % rows);
      return (upper ? diagonal >= k : diagonal <= k) ? v : zero;
    });
    return [fromRaw(x.dtype, x.dims, values)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('its zeros would need the zero point'),
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const offset = ctx.inputs[1] === undefined ? 0 : ctx.value(1);
    if (offset === undefined || !movable(dtype)) return false;
    const k = offset === 0 ? 0 : scalarOf(offset, ctx.where);
    const [rows, columns] = dims.slice(-2) as [number, number];
    ctx.emit('trilu', [readPlain(ctx, 0)], [ctx.write(0, 'plain')], {
      dims: [sizeOf(dims.slice(0, -2)), rows, columns],
      k: Math.min(Math.max(k, -rows), columns),
      upper: Number(intAttr(ctx.node, 'upper', 1) === 1),
      zero: storageBias(dtype),
    });
    return true;
  },
});
