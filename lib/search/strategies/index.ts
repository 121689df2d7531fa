// Every strategy, one line each, in the order of their cost.
import { int8 } from './int8.js';
import { mixed } from './mixed.js';
import { qat } from './qat.js';
import type { Strategy } from './strategy.js';

export const strategies: readonly Strategy[] = [int8, mixed, qat];
