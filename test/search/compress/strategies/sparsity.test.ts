// What makes only a compressed file smaller: tried where the budget has a line for it, as much as that line asks for.
import type { StepOptions } from '../../../../lib/search/compress/recipe.js';
import { fewBits } from '../../../../lib/search/compress/strategies/few-bits.js';
import { sparsity } from '../../../../lib/search/compress/strategies/sparsity.js';
import type { Strategy } from '../../../../lib/search/compress/strategies/strategy.js';
import { Bench } from '../../../helpers/candidates.js';
import { explore } from '../../../helpers/explore.js';

function bench(budget: ConstructorParameters<typeof Bench>[0], deflated = 260): Bench {
  const made = new Bench(budget);
  made.add('int8', [{ method: 'quantize' }], { bytes: 300, deflated });
  return made;
}

const shareOf = ([step]: readonly StepOptions[]): number =>
  step!.method === 'prune'
    ? step!.sparsity!
    : step!.method === 'distill'
      ? (step!.prune!.sparsity as number)
      : 0;

interface Case {
  readonly strategy: Strategy;
  readonly when: string;
  readonly budget: ConstructorParameters<typeof Bench>[0];
  readonly why: string;
}

test.each<Case>([
  {
    strategy: sparsity,
    when: 'a budget without a line for it',
    budget: { maxDrop: 1, maxBytes: 100 },
    why: 'has no line for it',
  },
  {
    strategy: fewBits,
    when: 'a budget without a line for it',
    budget: { maxDrop: 1, speedUp: 1.1 },
    why: 'has no line for it',
  },
  ...[sparsity, fewBits].flatMap((strategy): Case[] => [
    {
      strategy,
      when: 'a line that INT8 keeps',
      budget: { maxDeflatedBytes: 270 },
      why: 'trial 1 is small enough',
    },
    {
      strategy,
      when: 'a model that is too slow as well',
      budget: { maxDeflatedBytes: 100, speedUp: 2 },
      why: 'too slow, and they do not change that',
    },
  ]),
  {
    strategy: sparsity,
    when: 'a file that is too large as well',
    budget: { maxDeflatedBytes: 100, maxBytes: 200 },
    why: 'too large, and they do not change that',
  },
  {
    strategy: fewBits,
    when: 'a file of more than twice the bytes',
    budget: { maxBytes: 140 },
    why: 'trial 1 is a factor of 2.1 too large, and at best they halve it',
  },
])('$strategy.name is not tried for $when', ({ strategy, budget, why }) => {
  const search = bench(budget);
  expect(explore(strategy, search, () => ({}))).toEqual([]);
  expect(search.skipped[0]![1]).toContain(why);
});

test('zeros: as many as it takes, corrected by what came out, trained only when they cost too much', () => {
  const search = bench({ maxDrop: 1, maxDeflatedBytes: 100 });
  const tried = explore(sparsity, search, (steps) => ({
    drop: steps[0]!.method === 'distill' ? 0.5 : 8,
    bytes: 300,
    // Zeros take some room too.
    deflated: 260 * (1 - 0.9 * shareOf(steps)),
  }));
  expect(tried).toEqual([
    '63.5 % of the weights to 0; then INT8, mse ranges',
    expect.stringMatching(/^6[89].* % of the weights to 0/),
    expect.stringMatching(/^taught by the original as INT8 with 6[89].* % zeros, 2 epochs$/),
  ]);
  expect(search.candidates.at(-1)!.keeps).toBe(true);
});

test('fewer bits: none is trained that lost more than half of its accuracy', () => {
  const search = bench({ maxDrop: 1, maxDeflatedBytes: 100 });
  const tried = explore(fewBits, search, () => ({ drop: 60, deflated: 90 }));
  expect(tried).toEqual(['W2A8, mse ranges']);
  expect(search.skipped[0]![1]).toContain('lost 60.00 of 90.00 points');
});

test('four bits, for a smaller file as it is: trained when they cost too much', () => {
  const search = bench({ maxDrop: 1, maxBytes: 180 });
  const tried = explore(fewBits, search, ([step]) => ({
    drop: step!.method === 'distill' ? 0.5 : 3,
    bytes: 170,
    deflated: 150,
  }));
  expect(tried).toEqual(['W4A8, mse ranges', 'taught by the original as W4A8, 2 epochs']);
  expect(search.candidates.at(-1)!.keeps).toBe(true);
});

test('four bits: fewer are not tried where those are still too large, for they take as much room', () => {
  const search = bench({ maxDrop: 1, maxBytes: 160 });
  expect(explore(fewBits, search, () => ({ drop: 0, bytes: 170, deflated: 150 }))).toEqual([
    'W4A8, mse ranges',
  ]);
  expect(search.skipped[0]![1]).toContain('trial 2 is 6 % too large, and fewer take as much room');
});

test('fewer bits: the most that fit', () => {
  const search = bench({ maxDrop: 1, maxDeflatedBytes: 130 });
  const tried = explore(fewBits, search, ([step]) => {
    const bits = step!.method === 'quantize' ? step!.weightBits! : 8;
    return { drop: 0.5, deflated: 45 * bits };
  });
  expect(tried).toEqual(['W3A8, mse ranges', 'W2A8, mse ranges']);
});
