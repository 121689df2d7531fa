// FastGelu (com.microsoft): Gelu by tanh, of x or of x plus a bias for the last axis.
import { defineFusedUnary } from './shared/fused-unary.js';

export const fastGelu = defineFusedUnary(
  'FastGelu',
  'com.microsoft',
  {},
  () => ({ activation: 'gelu_tanh', alpha: 0, beta: 0 }),
  [1, 2],
);
