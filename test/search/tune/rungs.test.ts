// Brackets: budgets rise to the whole, trials thin out by eta, and as many begin as were asked for.
import { halving } from '../../../lib/search/tune/rungs/halving.js';
import { hyperband } from '../../../lib/search/tune/rungs/hyperband.js';
import { rungPlans } from '../../../lib/search/tune/rungs/index.js';

const settings = { trials: 27, budget: 9, least: 1, eta: 3 };

test('halving: the table of the paper', () => {
  expect(halving.brackets(settings)).toEqual([
    {
      trials: 27,
      rungs: [
        { budget: 1, trials: 27 },
        { budget: 3, trials: 9 },
        { budget: 9, trials: 3 },
      ],
    },
  ]);
});

test('hyperband: brackets from the boldest to the one that gives nobody up', () => {
  const brackets = hyperband.brackets({ ...settings, trials: 17 });
  // n of the paper for R = 9 and eta = 3: 9, 5, 3.
  expect(brackets.map(({ trials }) => trials)).toEqual([9, 5, 3]);
  expect(brackets.map(({ rungs }) => rungs.map(({ budget }) => budget))).toEqual([[1, 3, 9], [3, 9], [9]]);
});

test.each(rungPlans.map((plan) => [plan.name, plan] as const))('%s on any settings', (_, plan) => {
  for (const trials of [1, 2, 3, 7, 24, 100])
    for (const budget of [1, 2, 3, 8, 9, 27, 300])
      for (const least of [1, 2, 16].filter((n) => n <= budget))
        for (const eta of [2, 3, 4]) {
          const brackets = plan.brackets({ trials, budget, least, eta });
          expect(brackets.reduce((sum, bracket) => sum + bracket.trials, 0)).toBe(trials);
          for (const { trials: begin, rungs } of brackets) {
            expect(rungs[0]!.trials).toBe(begin);
            expect(rungs.at(-1)!.budget).toBe(budget);
            for (const [i, rung] of rungs.entries()) {
              expect(rung.budget).toBeGreaterThanOrEqual(least);
              expect(rung.trials).toBeGreaterThanOrEqual(1);
              if (i === 0) continue;
              expect(rung.budget).toBeGreaterThan(rungs[i - 1]!.budget);
              expect(rung.trials).toBeLessThanOrEqual(rungs[i - 1]!.trials);
            }
          }
        }
});

test.each([
  [8, 2, [1, 2, 4, 8]],
  [10, 2, [1, 3, 5, 10]],
  [16, 2, [1, 2, 4, 8, 16]],
  [2, 2, [1, 2]],
  [1, 2, [1]],
  [8, 3, [1, 3, 8]],
  [27, 3, [1, 3, 9, 27]],
  [16, 4, [1, 4, 16]],
])('%i epochs, eta %i: budgets %j, no two of which are rounded to one', (budget, eta, budgets) => {
  const plan = { trials: 64, budget, least: 1, eta };
  const [bracket] = halving.brackets(plan);
  expect(bracket!.rungs).toEqual(
    budgets.map((here, rung) => ({ budget: here, trials: Math.floor(64 / eta ** rung) || 1 })),
  );
  const brackets = hyperband.brackets(plan);
  expect(brackets.map(({ rungs }) => rungs[0]!.budget)).toEqual(budgets);
});
