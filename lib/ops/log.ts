// Natural logarithm.
import { unaryOp } from './shared/elementwise.js';

export const log = unaryOp({
  op: 'Log',
  since: 6,
  float: () => Math.log,
  native: () => ({ op: 'log' }),
});
