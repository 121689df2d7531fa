// Absolute value.
import { numberTypes } from './shared/elements.js';
import { unaryOp } from './shared/elementwise.js';

export const abs = unaryOp({
  op: 'Abs',
  since: 6,
  types: numberTypes,
  float: () => Math.abs,
  integer: () => (x) => (x < 0n ? -x : x),
  native: () => ({ op: 'abs' }),
});
