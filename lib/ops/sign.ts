// -1, 0 or 1.
import { zeroGradient } from './gradients/unary.js';
import { numberTypes } from './shared/elements.js';
import { unaryOp } from './shared/elementwise.js';

export const sign = unaryOp({
  op: 'Sign',
  since: 9,
  types: numberTypes,
  float: () => Math.sign,
  integer: () => (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  gradient: zeroGradient,
  native: () => ({ op: 'sign' }),
});
