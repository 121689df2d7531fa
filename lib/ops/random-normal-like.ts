// Normally distributed numbers, as many as the input has.
import { normalDistribution } from './shared/random-distributions.js';
import { randomOp } from './shared/random-op.js';

export const randomNormalLike = randomOp({ op: 'RandomNormalLike', like: true, ...normalDistribution });
