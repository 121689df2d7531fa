// Index of the smallest value along an axis.
import { argOp } from './shared/arg.js';

export const argMin = argOp('ArgMin', false);
