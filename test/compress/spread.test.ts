import { spread } from '../../lib/compress/spread.js';

function* numbers(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

test.each([
  [0, 4, []],
  [3, 4, [0, 1, 2]],
  [7, 4, [0, 1, 2, 3, 4, 5, 6]],
  [8, 4, [0, 2, 4, 6]],
  [14, 4, [0, 2, 4, 6, 8, 10, 12]],
  [15, 4, [0, 4, 8, 12]],
  [16, 4, [0, 4, 8, 12]],
  [5, 1, [0]],
])('of %i samples about %i', async (all, count, wanted) => {
  expect(await spread(numbers(all), count)).toEqual(wanted);
});

test('reads no more than it must of what never ends', async () => {
  let read = 0;
  function* endless(): Generator<number> {
    for (;;) yield read++;
  }
  const kept = await spread(endless(), 3);
  expect(kept.length).toBeGreaterThanOrEqual(3);
  expect(read).toBe(3 * 64);
});
