// Streams of random numbers: equal for equal causes, unrelated for others.
import { type Purpose, randomFor, seedFor } from '../../lib/train/seeds.js';

test('a seed is 32 bits and depends on everything it is made from', () => {
  const seeds = new Set<number>();
  const purposes: readonly Purpose[] = ['weights', 'shuffle', 'augment'];
  for (const seed of [0, 1, 2, 2 ** 31])
    for (const purpose of purposes)
      for (const epoch of [0, 1, 2])
        for (const batch of [0, 1, 2]) seeds.add(seedFor(seed, purpose, epoch, batch));
  expect(seeds.size).toBe(4 * 3 * 3 * 3);
  for (const seed of seeds) expect(seed).toBe(seed >>> 0);
});

test('numbers of one stream are uniform and repeat', () => {
  const [a, b] = [randomFor(5, 'augment', 1), randomFor(5, 'augment', 1)];
  const numbers = Array.from({ length: 10000 }, a);
  expect(numbers).toEqual(Array.from({ length: 10000 }, b));
  expect(numbers.reduce((x, y) => x + y, 0) / 10000).toBeCloseTo(0.5, 1);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
});
