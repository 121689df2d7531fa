// Gaussian error linear unit: x * (1 + erf(x / sqrt(2))) / 2, or its approximation by tanh.
import { stringAttr } from './op.js';
import { aboveMinusInfinity } from './shared/activation.js';
import { unaryOp } from './shared/elementwise.js';
import { erf } from './shared/error-function.js';

const exact = (x: number): number => 0.5 * aboveMinusInfinity(x) * (1 + erf(x * Math.SQRT1_2));
const byTanh = (x: number): number =>
  0.5 * aboveMinusInfinity(x) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

export const gelu = unaryOp({
  op: 'Gelu',
  since: 20,
  attributes: { approximate: { type: 'string', default: 'none' } },
  float: ({ node }) => (stringAttr(node, 'approximate', 'none') === 'tanh' ? byTanh : exact),
  native: ({ node }) => ({ op: stringAttr(node, 'approximate', 'none') === 'tanh' ? 'gelu_tanh' : 'gelu' }),
});
