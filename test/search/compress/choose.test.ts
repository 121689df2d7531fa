// The best candidate, the nearest one, and the front of those that nothing beats.
import { bestOf, nearestOf, paretoFront } from '../../../lib/search/compress/choose.js';
import { Bench, type Figures } from '../../helpers/candidates.js';

function candidates(budget: ConstructorParameters<typeof Bench>[0], ...figures: readonly Figures[]) {
  const bench = new Bench(budget);
  for (const one of figures) bench.add('any', [], one);
  return bench.candidates;
}
const numbers = (found: readonly { readonly number: number }[]): number[] =>
  found.map(({ number }) => number);

test('the best by each objective; speeds that noise may turn round are equal', () => {
  const found = candidates(
    { maxDrop: 9 },
    { drop: 1, speedUp: 3.95, bytes: 300 },
    { drop: 2, speedUp: 4, bytes: 300 },
    { drop: 3, speedUp: 2, bytes: 100 },
  );
  expect(bestOf(found, 'latency')!.number).toBe(1);
  expect(bestOf(found, 'bytes')!.number).toBe(3);
  expect(bestOf(found, 'accuracy')!.number).toBe(0);
  expect(bestOf(found.slice(2), 'latency')!.number).toBe(2);
  expect(bestOf([], 'latency')).toBeUndefined();
});

test('the nearest is least over its worst line', () => {
  const found = candidates(
    { maxDrop: 1, maxBytes: 100 },
    { drop: 1, bytes: 300 },
    { drop: 2.5, bytes: 220 },
    { drop: 9, bytes: 90 },
  );
  expect(nearestOf(found)!.number).toBe(2);
});

test('the front has what nothing beats, slowest first, and one of equals', () => {
  const found = candidates(
    { maxDrop: 9 },
    { drop: 1, speedUp: 4, bytes: 300 },
    { drop: 1, speedUp: 3, bytes: 300 },
    { drop: 2, speedUp: 5, bytes: 300 },
    { drop: 2, speedUp: 5, bytes: 300 },
  );
  expect(numbers(paretoFront(found))).toEqual([0, 1, 3]);
});
