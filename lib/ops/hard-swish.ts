// x * max(0, min(1, x / 6 + 0.5)).
import { aboveMinusInfinity } from './shared/activation.js';
import { unaryOp } from './shared/elementwise.js';

export const hardSwish = unaryOp({
  op: 'HardSwish',
  since: 14,
  float: () => (x) => aboveMinusInfinity(x) * Math.max(0, Math.min(1, x / 6 + 0.5)),
  native: () => ({ op: 'hard_swish' }),
  bounds: () => ({ needs: { min: -3, max: Number.POSITIVE_INFINITY } }),
});
