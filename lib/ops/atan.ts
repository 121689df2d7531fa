// Inverse tangent.
import { unaryOp } from './shared/elementwise.js';

export const atan = unaryOp({
  op: 'Atan',
  since: 7,
  float: () => Math.atan,
  native: () => ({ op: 'atan' }),
});
