// Tangent.
import { unaryOp } from './shared/elementwise.js';

export const tan = unaryOp({
  op: 'Tan',
  since: 7,
  float: () => Math.tan,
  native: () => ({ op: 'tan' }),
});
