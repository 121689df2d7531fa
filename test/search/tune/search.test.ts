// A search whose trials are made by hand: what a journal tells of a trial that failed late is what became of it.
import { join } from 'node:path';
import { KompaktError } from '../../../lib/errors.js';
import { Journal } from '../../../lib/search/tune/journal.js';
import { random } from '../../../lib/search/tune/proposers/random.js';
import { type SearchOptions, search } from '../../../lib/search/tune/search.js';
import type { Trial } from '../../../lib/search/tune/trial.js';
import { folder } from '../../helpers/data-files.js';

const rungs = [
  { budget: 1, trials: 4 },
  { budget: 3, trials: 2 },
  { budget: 9, trials: 1 },
];

/** The higher the number, the better the trial; number 3 fails behind budget 4. `calls`: what was run. */
const run = (journal: string, calls: string[], stopAt = Number.POSITIVE_INFINITY) => {
  const one: SearchOptions['run'] = async ({ number, points }, until, tell) => {
    calls.push(`${number} to ${until}`);
    if (calls.length > stopAt) throw new KompaktError('KPT_ABORTED', 'Enough.');
    for (let budget = (points.at(-1)?.budget ?? 0) + 1; budget <= until; budget++) {
      if (number === 3 && budget > 4) throw new KompaktError('KPT_TRAINING_DIVERGED', 'Too fast.');
      tell({ budget, accuracy: number / 10, loss: 1 / (1 + number) });
    }
  };
  return search({
    space: [{ kind: 'range', path: 'x', min: 0, max: 1, scale: 'linear', step: undefined, when: {} }],
    proposer: random,
    brackets: [
      { trials: 4, rungs },
      { trials: 2, rungs: rungs.slice(1) },
    ],
    seed: 1,
    objective: 'loss',
    seconds: 1000,
    journal: new Journal(journal, { test: 'search' }),
    run: one,
    drop: async () => {},
  });
};

/** What does not depend on the clock. */
const told = (trials: readonly Trial[]) =>
  trials.map(({ number, status, failure, costs, points }) => ({
    ...{ number, status, failure, costs },
    points: points.map(({ budget, loss }) => [budget, loss]),
  }));

test('a trial that failed at a later rung has passed the earlier ones when the search is taken up again', async () => {
  const whole = await run(join(folder, 'search-whole'), []);
  expect(whole[3]).toMatchObject({ status: 'failed', budget: 4 });
  expect([1, 3, 9].map((budget) => whole[3]!.costs.get(budget))).toEqual([0.25, 0.25, Infinity]);
  for (let stop = 0; stop < 10; stop++) {
    const journal = join(folder, `search-${stop}`);
    await run(journal, [], stop).catch(({ code }) => expect(code).toBe('KPT_ABORTED'));
    expect(told(await run(journal, []))).toEqual(told(whole));
    const calls: string[] = [];
    expect(told(await run(journal, calls))).toEqual(told(whole));
    expect(calls).toEqual([]);
  }
});
