// x * tanh(softplus(x)).
import { aboveMinusInfinity } from './shared/activation.js';
import { unaryOp } from './shared/elementwise.js';

export const mish = unaryOp({
  op: 'Mish',
  since: 18,
  float: () => (x) => aboveMinusInfinity(x) * Math.tanh(Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  native: () => ({ op: 'mish' }),
});
