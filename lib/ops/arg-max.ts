// Index of the largest value along an axis.
import { argOp } from './shared/arg.js';

export const argMax = argOp('ArgMax', true);
