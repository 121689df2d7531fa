// QLinearSigmoid (com.microsoft): Sigmoid of 8-bit integers.
import { defineIntegerActivation } from './shared/integer-activation.js';

export const qLinearSigmoid = defineIntegerActivation('QLinearSigmoid', {}, () => ({
  activation: 'sigmoid',
  alpha: 0,
  beta: 0,
}));
