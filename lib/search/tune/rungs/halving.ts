// Successive halving (Jamieson & Talwalkar 2016, arXiv:1502.07943, algorithm 1): all trials begin, and after each rung one in
// eta goes on. As there a trial that goes on continues where it stood.
import { bracketOf, type RungPlan, rungCount } from './plan.js';

export const halving: RungPlan = {
  name: 'halving',
  summary: 'all begin, and after each rung one in eta goes on with eta times the budget',
  brackets: (settings) => [bracketOf(settings, rungCount(settings))],
};
