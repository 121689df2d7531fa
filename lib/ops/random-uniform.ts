// Uniformly distributed numbers.
import { uniformDistribution } from './shared/random-distributions.js';
import { randomOp } from './shared/random-op.js';

export const randomUniform = randomOp({ op: 'RandomUniform', like: false, ...uniformDistribution });
