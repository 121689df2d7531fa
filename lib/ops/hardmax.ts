// Hardmax: 1 at the first largest element along one axis, 0 elsewhere.
import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import { f32 } from '../tensor/tensor.js';
import { defineOp, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { inferRows, referenceRows } from './shared/axis-rows.js';
import { physicalAxis, splitDims } from './shared/physical-axis.js';

function hardmaxRow(row: Float64Array): Float64Array {
  let best = 0;
  row.forEach((v, i) => {
    if (v > row[best]) best = i;
  });
  return row.map((_, i) => (i === best ? 1 : 0));
}

export const hardmax = defineOp({
  op: 'Hardmax',
  domain: '',
  since: 13,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: -1 } },
  infer: inferRows,
  reference: (ctx) => referenceRows(ctx, hardmaxRow),
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('it is rare and cheap'),
  // The place of the largest, then ones there.
  lower: (ctx) => {
    const { dtype, dims } = ctx.inputs[0]!;
    if (dtype !== 'float32' || sizeOf(dims) === 0) return false;
    const layout = ctx.layoutOf(0);
    const x = ctx.read(0, layout);
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', -1), dims.length, ctx.where);
    const split = splitDims(x.dims, physicalAxis(x, axis));
    const places = ctx.temporary('int64', [split[0], split[2]]);
    ctx.emit('arg_extreme', [x], [places], { dims: split, largest: 1, last: 0 });
    const values = ctx.constant(f32([2], [0, 1]));
    ctx.emit('one_hot', [places, values], [ctx.write(0, layout)], { dims: split });
    return true;
  },
});
