// Cosine.
import { unaryOp } from './shared/elementwise.js';

export const cos = unaryOp({
  op: 'Cos',
  since: 7,
  float: () => Math.cos,
  native: () => ({ op: 'cos' }),
});
