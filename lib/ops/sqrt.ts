// Square root.
import { unaryOp } from './shared/elementwise.js';

export const sqrt = unaryOp({
  op: 'Sqrt',
  since: 6,
  float: () => Math.sqrt,
  native: () => ({ op: 'sqrt' }),
});
