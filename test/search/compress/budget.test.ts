// Lines of a budget: which a candidate breaks, and by how much.
import { budgetOptions } from '../../../lib/search/compress/budget.js';
import { breachesOf, linesOf } from '../../../lib/search/compress/lines.js';
import { type Figures, measuresOf, original } from '../../helpers/candidates.js';

test.each<[string, object, Figures, number]>([
  ['a drop', { maxDrop: 0.5 }, { drop: 1 }, 0.5],
  ['a drop where much is allowed', { maxDrop: 2 }, { drop: 5 }, 1.5],
  ['an accuracy', { minAccuracy: 88 }, { drop: 3 }, 0.5],
  ['a latency', { maxLatency: 4 }, { speedUp: 2 }, 0.25],
  ['a speed-up', { speedUp: 3 }, { speedUp: 2 }, 0.5],
  ['bytes', { maxBytes: 400 }, { bytes: 500 }, 0.25],
  ['a ratio', { ratio: 4 }, { bytes: 500 }, 1],
  ['compressed bytes', { maxDeflatedBytes: 200 }, { bytes: 500, deflated: 300 }, 0.5],
])('%s that is not kept', (_, budget, figures, excess) => {
  const [breach, ...more] = breachesOf(linesOf(budget, original), measuresOf(figures));
  expect(more).toEqual([]);
  expect([breach!.line, breach!.excess]).toEqual([Object.keys(budget)[0], expect.closeTo(excess, 9)]);
});

test('a line is kept to the last digit, and by what is better than the original', () => {
  const lines = linesOf(
    { maxDrop: 0.5, minAccuracy: 89.5, maxLatency: 5, speedUp: 2, maxBytes: 500, ratio: 2 },
    original,
  );
  expect(lines).toHaveLength(6);
  expect(breachesOf(lines, measuresOf({ drop: 0.5, speedUp: 2, bytes: 500 }))).toEqual([]);
  expect(breachesOf(lines, measuresOf({ drop: -1, speedUp: 9, bytes: 1 }))).toEqual([]);
});

test('an accuracy that is the limit keeps it, whatever the digits', () => {
  for (let right = 1; right <= 1000; right++) {
    const lines = linesOf({ minAccuracy: Number((right / 10).toFixed(1)) }, original);
    const kept = (count: number): boolean => {
      const { accuracy, ...rest } = original;
      const share = count / 1000;
      return (
        breachesOf(lines, { ...rest, accuracy: { ...accuracy, right: count, share, drop: 90 - 100 * share } })
          .length === 0
      );
    };
    expect([right, kept(right), kept(right - 1)]).toEqual([right, true, false]);
  }
});

test('a breach says what is allowed and what is there', () => {
  const [breach] = breachesOf(linesOf({ ratio: 4 }, original), measuresOf({ bytes: 500 }));
  expect(breach!.text).toBe('a file at least 4.00 times smaller: has 2.00 times smaller');
});

test('an empty budget and unknown lines are refused', () => {
  expect(budgetOptions.safeParse({}).success).toBe(false);
  expect(budgetOptions.safeParse({ maxDrop: 1, maxWatts: 1 }).success).toBe(false);
  expect(budgetOptions.safeParse({ maxDrop: -1 }).success).toBe(false);
});
