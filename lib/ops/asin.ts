// Inverse sine.
import { unaryOp } from './shared/elementwise.js';

export const asin = unaryOp({
  op: 'Asin',
  since: 7,
  float: () => Math.asin,
  native: () => ({ op: 'asin' }),
});
