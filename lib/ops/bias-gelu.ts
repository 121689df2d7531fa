// BiasGelu (com.microsoft): the exact Gelu of x plus a bias for the last axis.
import { defineFusedUnary } from './shared/fused-unary.js';

export const biasGelu = defineFusedUnary(
  'BiasGelu',
  'com.microsoft',
  {},
  () => ({ activation: 'gelu', alpha: 0, beta: 0 }),
  [2, 2],
);
