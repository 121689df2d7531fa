// max(0, x).
import { floatTypes, signedTypes } from './shared/elements.js';
import { unaryOp } from './shared/elementwise.js';

export const relu = unaryOp({
  op: 'Relu',
  since: 6,
  types: [...floatTypes, ...signedTypes],
  float: () => (x) => Math.max(x, 0),
  integer: () => (x) => (x < 0n ? 0n : x),
  native: () => ({ op: 'relu' }),
  bounds: () => ({ needs: { min: 0, max: Number.POSITIVE_INFINITY } }),
});
