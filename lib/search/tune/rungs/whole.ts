// Every trial gets the whole budget.
import { bracketOf, type RungPlan } from './plan.js';

export const whole: RungPlan = {
  name: 'none',
  summary: 'every trial goes on to the end',
  brackets: (settings) => [bracketOf(settings, 1)],
};
