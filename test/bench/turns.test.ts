// Turns: as much time or as many runs for each, and nothing between two runs that grows with those before.
import type { EngineSession } from '../../lib/bench/engine.js';
import { type Player, takeTurns } from '../../lib/bench/turns.js';

/** A session without a model, each of whose runs takes as long as a clock says that only runs move on. */
function player(clock: { now: number }, milliseconds: number, times: number[] = []): Player {
  const session: EngineSession = {
    inputs: [],
    run: async () => {
      clock.now += milliseconds;
    },
    memory: () => null,
    operators: async () => null,
    release: async () => {},
  };
  return { session, feeds: {}, times };
}

const clock = { now: 0 };
beforeEach(() => {
  clock.now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => clock.now);
});
afterEach(() => jest.restoreAllMocks());

/** A list that counts how often an element of it is read. */
function countingReads(): { readonly times: number[]; readonly reads: () => number } {
  let reads = 0;
  const times = new Proxy<number[]>([], {
    get(list, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
      return Reflect.get(list, key, receiver) as unknown;
    },
  });
  return { times, reads: () => reads };
}

test('no run waits for a look at all times before it', async () => {
  const { times, reads } = countingReads();
  await takeTurns([player(clock, 0.5, times)], { seconds: 0.25, warmup: 0 });
  expect(reads()).toBe(0);
  expect(times).toHaveLength(500);
});

test('blocks of two in turn, until each has had its seconds', async () => {
  const [fast, slow] = [player(clock, 1), player(clock, 16)];
  const shares: number[] = [];
  const rounds = await takeTurns([fast, slow], {
    seconds: 0.096,
    warmup: 0,
    onProgress: (share) => shares.push(share),
  });
  expect(rounds).toEqual([
    [40, 3],
    [80, 6],
    [96, 6],
  ]);
  expect([fast, slow].map(({ times }) => times.reduce((sum, time) => sum + time, 0))).toEqual([96, 96]);
  expect(shares.at(-1)).toBe(1);
});

test('as many runs as asked for, however long they take', async () => {
  const players = [player(clock, 0), player(clock, 100)];
  await takeTurns(players, { runs: 3, warmup: 0 });
  expect(players.map(({ times }) => times)).toEqual([
    [0, 0, 0],
    [100, 100, 100],
  ]);
});
