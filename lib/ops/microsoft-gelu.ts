// Gelu (com.microsoft): the exact form, by erf.
import { defineFusedUnary } from './shared/fused-unary.js';

export const microsoftGelu = defineFusedUnary('Gelu', 'com.microsoft', {}, () => ({
  activation: 'gelu',
  alpha: 0,
  beta: 0,
}));
