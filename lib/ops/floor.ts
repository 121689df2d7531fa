// Rounds down.
import { unaryOp } from './shared/elementwise.js';

export const floor = unaryOp({
  op: 'Floor',
  since: 6,
  float: () => Math.floor,
  native: () => ({ op: 'floor' }),
});
