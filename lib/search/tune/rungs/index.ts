// Every way to give trials their budgets, one line each.
import { halving } from './halving.js';
import { hyperband } from './hyperband.js';
import type { RungPlan } from './plan.js';
import { whole } from './whole.js';

export const rungPlans: readonly RungPlan[] = [whole, halving, hyperband];
