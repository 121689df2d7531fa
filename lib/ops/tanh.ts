// Hyperbolic tangent.
import { unaryOp } from './shared/elementwise.js';

export const tanh = unaryOp({
  op: 'Tanh',
  since: 6,
  float: () => Math.tanh,
  native: () => ({ op: 'tanh' }),
});
