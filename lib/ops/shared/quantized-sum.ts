// Sums of two quantised values with scales of their own: the law of add_u8, QLinearAdd and fused residuals.
import { roundHalfEven } from './rounding.js';

/** roundHalfEven(fa * a + fb * b) + zero; two products and one sum, each rounded to float32. */
export const addQuantized = (fa: number, a: number, fb: number, b: number, zero: number): number =>
  roundHalfEven(Math.fround(Math.fround(fa * a) + Math.fround(fb * b))) + zero;
