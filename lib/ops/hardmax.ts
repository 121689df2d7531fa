// Hardmax: 1 at the first largest element along one axis, 0 elsewhere.
import { defineOp, noMacs, notDifferentiable, staysFloat } from './op.js';
import { inferRows, referenceRows } from './shared/axis-rows.js';

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
  lower: 'host',
});
