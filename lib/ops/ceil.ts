// Rounds up.
import { unaryOp } from './shared/elementwise.js';

export const ceil = unaryOp({
  op: 'Ceil',
  since: 6,
  float: () => Math.ceil,
  native: () => ({ op: 'ceil' }),
});
