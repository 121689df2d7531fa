// Inverse cosine.
import { unaryOp } from './shared/elementwise.js';

export const acos = unaryOp({
  op: 'Acos',
  since: 7,
  float: () => Math.acos,
  native: () => ({ op: 'acos' }),
});
