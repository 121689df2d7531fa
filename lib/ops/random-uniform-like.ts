// Uniformly distributed numbers, as many as the input has.
import { uniformDistribution } from './shared/random-distributions.js';
import { randomOp } from './shared/random-op.js';

export const randomUniformLike = randomOp({ op: 'RandomUniformLike', like: true, ...uniformDistribution });
