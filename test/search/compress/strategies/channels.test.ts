// Bisection over the work that is left: more channels while accuracy lacks, fewer while size or speed do.
import type { StepOptions } from '../../../../lib/search/compress/recipe.js';
import { channels } from '../../../../lib/search/compress/strategies/channels.js';
import { Bench, type Figures } from '../../../helpers/candidates.js';
import { explore } from '../../../helpers/explore.js';

const macsOf = (steps: readonly StepOptions[]): number =>
  steps[0]!.method === 'prune' ? steps[0]!.channels!.macs! : Number.NaN;

/** A network that drops a point for each tenth of its work, and whose bytes follow its work. */
const linear = (steps: readonly StepOptions[]): Figures => {
  const macs = macsOf(steps);
  return { drop: Math.round(100 * (1 - macs)) / 10, bytes: 300 * macs, speedUp: 3 / macs };
};

function bench(budget: ConstructorParameters<typeof Bench>[0], objective?: 'accuracy' | 'bytes'): Bench {
  const made = new Bench(budget, objective);
  made.add('int8', [{ method: 'quantize' }], { bytes: 300, speedUp: 3 });
  return made;
}

/** Shares of the work that were tried. */
const shares = (of: Bench): number[] =>
  of.candidates.slice(2).map(({ recipe }) => macsOf(recipe.steps as StepOptions[]));

test('a size that INT8 does not reach is aimed at at once, and then something more is tried', () => {
  const search = bench({ maxDrop: 6, maxBytes: 150 });
  explore(channels, search, linear);
  expect(shares(search)[0]).toBeCloseTo(0.475, 2);
  expect(search.candidates[2]!.keeps).toBe(true);
  const best = search.candidates.filter(({ keeps }) => keeps).at(-1)!;
  expect(best.measures.bytes.file).toBeLessThan(150);
});

test('between too inaccurate and too slow the middle is tried', () => {
  const search = bench({ maxDrop: 3, speedUp: 3.5 });
  explore(channels, search, linear);
  const kept = search.candidates.slice(2).filter(({ keeps }) => keeps);
  expect(kept.length).toBeGreaterThan(0);
  for (const { recipe } of kept) {
    expect(macsOf(recipe.steps as StepOptions[])).toBeGreaterThanOrEqual(0.7);
    expect(macsOf(recipe.steps as StepOptions[])).toBeLessThanOrEqual(3 / 3.5);
  }
});

test('bytes that do not go with the work are reckoned with: what is far from too inaccurate is not given up', () => {
  const search = bench({ maxDrop: 20, maxBytes: 150 });
  explore(channels, search, (steps) => ({ ...linear(steps), bytes: 100 + 200 * macsOf(steps) }));
  expect(shares(search)[1]).toBeCloseTo(0.2125, 2);
  expect(search.candidates.some(({ keeps }) => keeps)).toBe(true);
});

test('where so many channels cannot leave, more of them stay', () => {
  const search = bench({ maxDrop: 20, maxBytes: 15 });
  explore(channels, search, (steps) =>
    macsOf(steps) < 0.1 ? 'KPT_OPTION_INVALID' : { ...linear(steps), bytes: 70 * macsOf(steps) },
  );
  expect(search.candidates.some(({ keeps }) => keeps)).toBe(true);
});

test.each([
  ['KPT_OPTION_INVALID', 3],
  ['KPT_NOT_DIFFERENTIABLE', 1],
])('what always ends in %s is tried %s times', (code, times) => {
  expect(explore(channels, bench({ maxDrop: 20, maxBytes: 15 }), () => code)).toHaveLength(times);
});

test('what is too inaccurate and too large at once is given up', () => {
  const search = bench({ maxDrop: 1, maxBytes: 100 });
  const tried = explore(channels, search, (steps) => ({ ...linear(steps), bytes: 200 }));
  expect(tried).toHaveLength(1);
  expect(search.skipped[0]![1]).toContain('trial 2 is too inaccurate');
});

test('INT8 by calibration where it keeps the accuracy, by training where it does not', () => {
  const calibrated = explore(channels, bench({ maxDrop: 1, maxBytes: 100 }), linear)[0];
  expect(calibrated).toBe(
    'channels pruned to 31.7 % of the work; then taught by the original, 2 epochs; then INT8, mse ranges',
  );
  const search = new Bench({ maxDrop: 1, maxBytes: 100 });
  search.add('int8', [{ method: 'quantize' }], { drop: 5, bytes: 300 });
  expect(explore(channels, search, linear)[0]).toMatch(/then taught by the original as INT8, 2 epochs$/);
});

test('where accuracy is wanted and INT8 keeps the budget, nothing is pruned', () => {
  const search = bench({ maxBytes: 400 }, 'accuracy');
  expect(explore(channels, search, linear)).toEqual([]);
  expect(search.skipped[0]![1]).toContain('trial 1 keeps the budget');
});
