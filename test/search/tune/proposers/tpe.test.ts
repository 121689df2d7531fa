// The Parzen estimator against random search on functions whose least value is known, over many seeds, and its densities.
import { normalNumbers } from '../../../../lib/ops/shared/random-numbers.js';
import { parseSpace, type SpaceInput } from '../../../../lib/search/tune/parse-space.js';
import { proposers } from '../../../../lib/search/tune/proposers/index.js';
import { Mixture } from '../../../../lib/search/tune/proposers/mixture.js';
import type { Observation, Proposer } from '../../../../lib/search/tune/proposers/proposer.js';
import { random } from '../../../../lib/search/tune/proposers/random.js';
import { tpe } from '../../../../lib/search/tune/proposers/tpe.js';
import { countOf, isActive, type Space, type Values } from '../../../../lib/search/tune/space.js';
import { randomFor } from '../../../../lib/train/seeds.js';

/** Branin's function (Dixon & Szego 1978): three least values of 0.397887. */
const branin = ({ x, y }: Values): number =>
  ((y as number) - (5.1 * (x as number) ** 2) / (4 * Math.PI ** 2) + (5 * (x as number)) / Math.PI - 6) ** 2 +
  10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x as number) +
  10;

/** What training is like: a best rate, other for each optimiser, a little from the batch, nothing from the rest. */
const training = ({ optimizer, rate, batch }: Values): number =>
  (Math.log10(rate as number) - (optimizer === 'sgd' ? -1.3 : -3)) ** 2 +
  (optimizer === 'sgd' ? 0 : 0.1) +
  0.3 * Math.abs(Math.log2((batch as number) / 64));

const cases: readonly (readonly [string, SpaceInput, (values: Values) => number])[] = [
  ['Branin', { x: { min: -5, max: 10 }, y: { min: 0, max: 15 } }, branin],
  [
    'something like training',
    {
      optimizer: ['sgd', 'adam'],
      rate: { min: 1e-5, max: 1, scale: 'log' },
      batch: [16, 32, 64, 128],
      nothing: { min: 0, max: 1 },
      momentum: { min: 0.5, max: 0.99, when: { optimizer: 'sgd' } },
    },
    training,
  ],
];

function searched(
  proposer: Proposer,
  space: Space,
  cost: (values: Values) => number,
  trials: number,
  seed: number,
): readonly Observation[] {
  const seen: Observation[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const values = proposer.propose(space, seen, randomFor(seed, 'trials', trial));
    seen.push({ values, costs: new Map([[1, cost(values)]]) });
  }
  return seen;
}

const least = (seen: readonly Observation[]): number => Math.min(...seen.map(({ costs }) => costs.get(1)!));
const middle = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;

test.each(cases)('%s: better than random search with as many trials', (_, input, cost) => {
  const space = parseSpace(input);
  const seeds = Array.from({ length: 40 }, (__, seed) => seed);
  const ours = seeds.map((seed) => least(searched(tpe, space, cost, 40, seed)));
  const theirs = seeds.map((seed) => least(searched(random, space, cost, 40, 1000 + seed)));
  const wins = seeds.filter((seed) => ours[seed]! < theirs[seed]!).length;
  // Chance alone would give 28 wins of 40 in one of a hundred cases.
  expect(wins).toBeGreaterThanOrEqual(28);
  expect(middle(ours)).toBeLessThan(middle(theirs));
});

test.each(
  proposers.flatMap((proposer) =>
    cases.map(([name, input, cost]) => [proposer.name, name, proposer, input, cost] as const),
  ),
)('%s stays in the space of %s', (_, __, proposer, input, cost) => {
  const space = parseSpace(input);
  // Costs without an order, and some that failed, must not lead out of it.
  const odd = (values: Values): number => (cost(values) % 1 > 0.7 ? Number.POSITIVE_INFINITY : cost(values));
  const seen = searched(proposer, space, odd, 60, 3);
  for (const { values } of seen) {
    const paths = space.filter((parameter) => isActive(parameter, values)).map(({ path }) => path);
    expect(Object.keys(values)).toEqual(paths);
    for (const parameter of space) {
      const value = values[parameter.path];
      if (value === undefined) continue;
      if (parameter.kind === 'choice') expect(parameter.choices).toContain(value);
      else {
        expect(value).toBeGreaterThanOrEqual(parameter.min);
        expect(value).toBeLessThanOrEqual(parameter.max);
      }
    }
  }
  for (const parameter of space)
    if (parameter.kind === 'choice')
      expect(new Set(seen.map(({ values }) => values[parameter.path])).size).toBe(countOf(parameter));
  expect(searched(proposer, space, odd, 60, 3)).toEqual(seen);
});

test('the largest budget that enough trials came to decides', () => {
  const space = parseSpace({ x: { min: 0, max: 1 } });
  // After one epoch small values look good, after three large ones.
  const trial = (x: number, long: boolean): Observation => ({
    values: { x },
    costs: new Map<number, number>([[1, x], ...(long ? [[3, -x] as const] : [])]),
  });
  const at = (long: number): number => {
    const seen = Array.from({ length: 20 }, (_, i) => trial((i + 0.5) / 20, i % 5 < long));
    const draws = Array.from({ length: 200 }, (_, i) => tpe.propose(space, seen, randomFor(i, 'trials')));
    return draws.reduce((sum, { x }) => sum + (x as number), 0) / draws.length;
  };
  expect(at(0)).toBeLessThan(0.25);
  expect(at(5)).toBeGreaterThan(0.75);
});

describe('densities', () => {
  const places = [0.02, 0.5, 0.5, 0.93];

  test('of a range: all of it together is 1, and draws are as dense', () => {
    const mixture = new Mixture(places, undefined);
    const bins = new Array<number>(10).fill(0);
    const numbers = randomFor(1, 'trials');
    const normal = normalNumbers(numbers);
    for (let i = 0; i < 20000; i++) bins[Math.floor(10 * mixture.draw(numbers, normal))]!++;
    let all = 0;
    for (let bin = 0; bin < 10; bin++) {
      const points = Array.from({ length: 100 }, (_, i) => mixture.density((bin + (i + 0.5) / 100) / 10));
      const share = points.reduce((sum, density) => sum + density, 0) / 1000;
      all += share;
      expect(Math.abs(bins[bin]! / 20000 - share)).toBeLessThan(0.015);
    }
    expect(all).toBeCloseTo(1, 3);
  });

  test('of choices: one more than was seen of each', () => {
    const mixture = new Mixture([0.1, 0.1, 0.5], 3);
    expect([0.1, 0.5, 0.9].map((place) => mixture.density(place) / 3)).toEqual([3 / 6, 2 / 6, 1 / 6]);
    const numbers = randomFor(2, 'trials');
    const counts = [0, 0, 0];
    for (let i = 0; i < 6000; i++) counts[Math.floor(3 * mixture.draw(numbers, normalNumbers(numbers)))]!++;
    for (const [i, share] of [3 / 6, 2 / 6, 1 / 6].entries())
      expect(Math.abs(counts[i]! / 6000 - share)).toBeLessThan(0.03);
  });
});
