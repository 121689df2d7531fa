// Normally distributed numbers.
import { normalDistribution } from './shared/random-distributions.js';
import { randomOp } from './shared/random-op.js';

export const randomNormal = randomOp({ op: 'RandomNormal', like: false, ...normalDistribution });
