// Importance: of functions whose variance is known, and of noise; and regression trees.
import { edgesOf } from '../../../lib/search/tune/edges.js';
import { importanceOf } from '../../../lib/search/tune/importance.js';
import { parseSpace } from '../../../lib/search/tune/parse-space.js';
import { regressionTree } from '../../../lib/search/tune/regression-tree.js';
import { type Values, valuesAt } from '../../../lib/search/tune/space.js';
import { Trial } from '../../../lib/search/tune/trial.js';
import { randomFor } from '../../../lib/train/seeds.js';

const space = parseSpace({
  a: { min: 1e-4, max: 1, scale: 'log' },
  b: { min: 0, max: 1 },
  c: ['x', 'y', 'z'],
  d: { min: 0, max: 1 },
});

const trials = (count: number, cost: (values: Values) => number, seed = 1): Trial[] => {
  const random = randomFor(seed, 'trials');
  return Array.from({ length: count }, (_, i) => {
    const trial = new Trial(i, 0, i === 0 ? {} : valuesAt(space, random));
    trial.costs.set(4, i === 0 ? 1000 : cost(trial.values));
    return trial;
  });
};

test('the shares of a sum are those of its parts', () => {
  // Variances on the scale of each: 16/12 of 4 log a, 1/12 of b, 4 * 2/9 of the choice.
  const cost = ({ a, b, c }: Values): number => Math.log10(a as number) + (b as number) + (c === 'x' ? 2 : 0);
  const whole = 16 / 12 + 1 / 12 + 8 / 9;
  const found = importanceOf(space, trials(160, cost), 0)!;
  const share = (path: string): number => found.find((one) => one.path === path)!.share;
  expect(found.map(({ path }) => path).slice(0, 2)).toEqual(['a', 'c']);
  expect(Math.abs(share('a') - 16 / 12 / whole)).toBeLessThan(0.12);
  expect(Math.abs(share('c') - 8 / 9 / whole)).toBeLessThan(0.12);
  expect(share('d')).toBeLessThan(0.05);
  expect(found.find(({ path }) => path === 'a')!.matters).toBe(true);
  expect(found.find(({ path }) => path === 'd')!.matters).toBe(false);
  expect(importanceOf(space, trials(160, cost), 0)).toEqual(found);
});

test('in noise hardly anything matters', () => {
  let mattering = 0;
  for (let seed = 0; seed < 10; seed++) {
    const random = randomFor(seed, 'shuffle');
    const found = importanceOf(
      space,
      trials(24, () => random(), seed),
      seed,
    )!;
    mattering += found.filter(({ matters }) => matters).length;
  }
  // One in ten of 40 by chance.
  expect(mattering).toBeLessThanOrEqual(9);
});

test('too few trials, and failed ones, say nothing', () => {
  expect(
    importanceOf(
      space,
      trials(8, () => 1),
      0,
    ),
  ).toBeNull();
  const some = trials(20, ({ b }) => b as number);
  for (const trial of some.slice(5)) trial.failure = { code: 'KPT_OPTION_INVALID', message: '' };
  expect(importanceOf(space, some, 0)).toBeNull();
  expect(
    importanceOf(
      space,
      trials(20, () => 1),
      0,
    )!.every(({ share }) => share === 0),
  ).toBe(true);
});

test('the leaves of a tree are the whole space, once, and have the means of their points', () => {
  const random = randomFor(4, 'trials');
  const points = Array.from({ length: 50 }, () => [random(), random()]);
  const costs = points.map(([x, y]) => (x! < 0.5 ? 1 : 5) + y!);
  const tree = regressionTree(points, costs, random);
  const size = ({ low, high }: (typeof tree)[0]): number => (high[0]! - low[0]!) * (high[1]! - low[1]!);
  expect(tree.reduce((sum, leaf) => sum + size(leaf), 0)).toBeCloseTo(1, 10);
  for (const { low, high, value } of tree) {
    const inside = points.flatMap((p, i) =>
      p.every((x, d) => x >= low[d]! && x < high[d]!) ? [costs[i]!] : [],
    );
    expect(value).toBeCloseTo(inside.reduce((sum, cost) => sum + cost, 0) / inside.length, 10);
  }
});

test('edges', () => {
  const wide = parseSpace({
    ...{ r: { min: 1e-4, max: 1, scale: 'log' }, n: { min: 1, max: 4, step: 1 } },
    k: [1],
  });
  const ends = (r: number, n: number) =>
    edgesOf(wide, { r, n, k: 1 }).map(({ path, end }) => `${path} ${end}`);
  expect(ends(0.01, 2)).toEqual([]);
  expect(ends(1.2e-4, 1)).toEqual(['r min', 'n min']);
  expect(ends(0.95, 4)).toEqual(['r max', 'n max']);
  expect(ends(0.3, 3)).toEqual([]);
});
