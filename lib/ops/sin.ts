// Sine.
import { unaryOp } from './shared/elementwise.js';

export const sin = unaryOp({
  op: 'Sin',
  since: 7,
  float: () => Math.sin,
  native: () => ({ op: 'sin' }),
});
