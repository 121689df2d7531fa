import { getEventListeners } from 'node:events';
import { Tensor } from 'onnxruntime-common';
import { KompaktError } from '../../lib/errors.js';
import { Meter } from '../../lib/monitor/meter.js';
import type { Runnable } from '../../lib/serve/runnable.js';
import { Scheduler, schedule } from '../../lib/serve/scheduler.js';
import { InferenceSession } from '../../lib/session/session.js';
import { digit, digitInput, lenet } from '../helpers/serving.js';

const value = (v: number): { x: Tensor } => ({ x: new Tensor('float32', [v], [1, 1]) });
const metadata = [{ name: 'x', isTensor: true as const, type: 'float32' as const, shape: ['n', 1] }];

/** A session whose runs end when the test says so. */
class Held implements Runnable {
  readonly inputMetadata = metadata;
  readonly outputMetadata = metadata;
  readonly runs: number[][] = [];
  /** No session behind it whose rows could mix. */
  readonly parts = [];
  #end: (() => void) | undefined;

  async run(feeds: { readonly x?: unknown }, options?: { readonly signal?: AbortSignal }) {
    const x = feeds.x as Tensor;
    this.runs.push(Array.from(x.data as Float32Array));
    await new Promise<void>((resolve, reject) => {
      this.#end = resolve;
      options?.signal?.addEventListener('abort', () => reject(new KompaktError('KPT_ABORTED', 'aborted')));
    });
    if ((x.data as Float32Array).includes(-1)) throw new Error('a bad one');
    return { x };
  }

  /** Ends the run under way, and lets what follows happen. */
  async end(): Promise<void> {
    this.#end?.();
    await settle();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const codes = (outcomes: readonly PromiseSettledResult<unknown>[]): readonly string[] =>
  outcomes.map((outcome) =>
    outcome.status === 'fulfilled' ? 'ok' : (outcome.reason.code ?? outcome.reason.message),
  );

/** Sends values while the first is held, then ends all runs. */
async function outcomes(scheduler: Scheduler, session: Held, count: number): Promise<readonly string[]> {
  const asked = Promise.allSettled(Array.from({ length: count }, (_, i) => scheduler.run(value(i))));
  for (let i = 0; i < count; i++) await session.end();
  return codes(await asked);
}

test('reject: a request that finds the queue full fails', async () => {
  const session = new Held();
  const scheduler = schedule(session, { queue: 2 });
  expect(await outcomes(scheduler, session, 5)).toEqual([
    'ok',
    'ok',
    'ok',
    'KPT_QUEUE_FULL',
    'KPT_QUEUE_FULL',
  ]);
  expect(scheduler.counts()).toMatchObject({
    submitted: 5,
    completed: 3,
    rejected: 2,
    waiting: 0,
    running: 0,
  });
});

test('a full queue can be asked before a request is read, and that request counts', async () => {
  const session = new Held();
  const scheduler = schedule(session, { queue: 1 });
  const asked = [scheduler.run(value(0))];
  scheduler.checkRoom();
  asked.push(scheduler.run(value(1)));
  expect(() => scheduler.checkRoom()).toThrow(expect.objectContaining({ code: 'KPT_QUEUE_FULL' }));
  expect(scheduler.counts()).toMatchObject({ submitted: 3, rejected: 1, waiting: 1, running: 1 });
  for (let i = 0; i < 2; i++) await session.end();
  await Promise.all(asked);
  const dropping = schedule(session, { queue: 1, policy: 'drop-oldest' });
  const dropped = Promise.allSettled([0, 1, 2].map((v) => dropping.run(value(v))));
  dropping.checkRoom();
  for (let i = 0; i < 2; i++) await session.end();
  expect(codes(await dropped)).toEqual(['ok', 'KPT_DROPPED', 'ok']);
});

test('drop-oldest: the newest are computed', async () => {
  const session = new Held();
  const scheduler = schedule(session, { queue: 1, policy: 'drop-oldest' });
  expect(await outcomes(scheduler, session, 4)).toEqual(['ok', 'KPT_DROPPED', 'KPT_DROPPED', 'ok']);
  expect(session.runs).toEqual([[0], [3]]);
  expect(scheduler.counts()).toMatchObject({ submitted: 4, completed: 2, dropped: 2 });
});

test('wait: all are computed in order', async () => {
  const session = new Held();
  const scheduler = schedule(session, { queue: 1, policy: 'wait' });
  expect(await outcomes(scheduler, session, 5)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  expect(session.runs.flat()).toEqual([0, 1, 2, 3, 4]);
});

test('higher priorities first, the lowest dropped first', async () => {
  const session = new Held();
  const scheduler = schedule(session, { queue: 3, policy: 'drop-oldest' });
  const asked = [0, 1, 5, 1, 9, 0].map((priority, i) => scheduler.run(value(i), { priority }));
  const all = Promise.allSettled(asked);
  for (let i = 0; i < 6; i++) await session.end();
  expect(session.runs.flat()).toEqual([0, 4, 2, 3]);
  expect(codes(await all)).toEqual(['ok', 'KPT_DROPPED', 'ok', 'ok', 'ok', 'KPT_DROPPED']);
});

test('a request whose deadline has passed is not computed', async () => {
  const session = new Held();
  const scheduler = schedule(session, { deadlineMs: 5 });
  const asked = Promise.allSettled([
    scheduler.run(value(0)),
    scheduler.run(value(1)),
    scheduler.run(value(2), { deadlineMs: 60_000 }),
  ]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  // It fails at its deadline, not when its turn would have come.
  expect(scheduler.counts()).toMatchObject({ expired: 1, waiting: 1, running: 1 });
  for (let i = 0; i < 2; i++) await session.end();
  expect(codes(await asked)).toEqual(['ok', 'KPT_DEADLINE', 'ok']);
  expect(session.runs.flat()).toEqual([0, 2]);
});

test('deadlines and waits of months are not over at once', async () => {
  const session = new Held();
  const scheduler = schedule(session);
  const long = [2 ** 31, 1e300, Number.POSITIVE_INFINITY];
  const asked = [
    scheduler.run(value(0)),
    ...long.map((deadlineMs) => scheduler.run(value(1), { deadlineMs })),
  ];
  const all = Promise.allSettled(asked);
  const patient = schedule(session, { maxBatch: 2, maxWaitMs: 2 ** 31 });
  const [one, runs] = [patient.run(value(2)), session.runs.length];
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(scheduler.counts()).toMatchObject({ waiting: 3, expired: 0 });
  expect(session.runs.length).toBe(runs);
  for (let i = 0; i < 4; i++) await session.end();
  expect(codes(await all)).toEqual(['ok', 'ok', 'ok', 'ok']);
  const other = patient.run(value(3));
  await settle();
  await session.end();
  await Promise.all([one, other]);
});

test.each([Number.NaN, -1, 0, '5'])('a request with the deadline %p is refused', async (deadlineMs) => {
  const scheduler = schedule(new Held());
  await expect(scheduler.run(value(0), { deadlineMs: deadlineMs as number })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining('deadlineMs'),
  });
  expect(scheduler.counts()).toMatchObject({ submitted: 0, waiting: 0 });
});

test.each([
  [null],
  [undefined],
  [5],
  [value(1), null],
  [value(1), { signal: {} }],
  [value(1), { priority: Number.NaN }],
  [value(1), { priority: '5' }],
])(
  'run(%p, %p) is refused and counts for nothing, alone or where requests are joined',
  async (...request) => {
    for (const maxBatch of [1, 8]) {
      const scheduler = schedule(new Held(), { maxBatch });
      const run = scheduler.run.bind(scheduler) as (...given: unknown[]) => Promise<unknown>;
      await expect(run(...request)).rejects.toMatchObject({
        code: 'KPT_OPTION_INVALID',
        message: expect.stringMatching(/^Expected .* of a request but received/),
      });
      expect(scheduler.counts()).toMatchObject({ submitted: 0, waiting: 0, running: 0 });
    }
  },
);

test('feeds that are no Tensors are for the session to refuse', async () => {
  const session = InferenceSession.fromModel(lenet(1), { intraOpNumThreads: 1 });
  const scheduler = schedule(session, { maxBatch: 8 });
  const wrong = [null, 5, { dims: 'ab', data: [1] }, { dims: 3, data: [] }, { dims: [1], data: null }];
  for (const feed of wrong)
    await expect(scheduler.run({ [digitInput]: feed as never })).rejects.toMatchObject({
      code: expect.stringMatching(/^KPT_/),
    });
  const { submitted, failed } = scheduler.counts();
  expect([submitted, failed]).toEqual([wrong.length, wrong.length]);
  await session.release();
});

test('of those that wait for a place, none is computed that is late when one is free', async () => {
  let now = 0;
  const session = new Held();
  const scheduler = schedule(session, { queue: 1, policy: 'wait', deadlineMs: 1e6, clock: () => now });
  const asked = Promise.allSettled([0, 1, 2, 3].map((v) => scheduler.run(value(v))));
  now = 2e6;
  for (let i = 0; i < 4; i++) await session.end();
  expect(codes(await asked)).toEqual(['ok', 'KPT_DEADLINE', 'KPT_DEADLINE', 'KPT_DEADLINE']);
  expect(session.runs).toEqual([[0]]);
});

test('one signal for many requests has one listener for all that wait', async () => {
  const session = new Held();
  const scheduler = schedule(session, { queue: 20 });
  const { signal } = new AbortController();
  const asked = Array.from({ length: 20 }, (_, i) => scheduler.run(value(i), { signal }));
  // The run under way listens itself.
  expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(2);
  for (let i = 0; i < 20; i++) await session.end();
  await Promise.all(asked);
});

test('a signal aborts what waits and what runs', async () => {
  const session = new Held();
  const meter = new Meter(1000);
  const scheduler = new Scheduler(session, {}, meter);
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = Promise.allSettled([
    scheduler.run(value(0), { signal: first.signal }),
    scheduler.run(value(1), { signal: second.signal }),
    scheduler.run(value(2), { signal: AbortSignal.abort() }),
  ]);
  second.abort();
  await settle();
  expect(scheduler.counts()).toMatchObject({ aborted: 2, waiting: 0, running: 1 });
  first.abort();
  await asked;
  expect(scheduler.counts()).toMatchObject({ submitted: 3, aborted: 3, running: 0 });
  expect(meter.snapshot().errors).toMatchObject({ KPT_ABORTED: 3 });
});

test('what was answered is not running any more', async () => {
  const session = new Held();
  const scheduler = schedule(session, { maxBatch: 2 });
  const counts = scheduler.run(value(0)).then(() => scheduler.counts());
  await session.end();
  expect(await counts).toMatchObject({ submitted: 1, completed: 1, waiting: 0, running: 0 });
});

test('requests that wait are joined, and one that fails does not take the others with it', async () => {
  const session = new Held();
  const scheduler = schedule(session, { maxBatch: 4 });
  const asked = Promise.allSettled([0, 1, 2, -1, 4, 5].map((v) => scheduler.run(value(v))));
  for (let i = 0; i < 12; i++) await session.end();
  expect(codes(await asked)).toEqual(['ok', 'ok', 'ok', 'a bad one', 'ok', 'ok']);
  expect(session.runs.slice(0, 2)).toEqual([[0], [1, 2, -1, 4]]);
  expect(session.runs.slice(2)).toEqual([[1], [2], [-1], [4], [5]]);
  expect(scheduler.counts()).toMatchObject({ completed: 5, failed: 1 });
});

test('a request waits for company, but not longer than told', async () => {
  const session = new Held();
  const scheduler = schedule(session, { maxBatch: 2, maxWaitMs: 200 });
  const alone = scheduler.run(value(1));
  await settle();
  expect(session.runs).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(session.runs).toEqual([[1]]);
  await session.end();
  await alone;
  const two = Promise.all([scheduler.run(value(2)), scheduler.run(value(3))]);
  await settle();
  expect(session.runs[1]).toEqual([2, 3]);
  await session.end();
  expect((await two).map(({ x }) => Array.from((x as Tensor).data as Float32Array))).toEqual([[2], [3]]);
});

test('no request waits for company until its deadline, nor for that of others', async () => {
  const session = new Held();
  const scheduler = schedule(session, { maxBatch: 2, maxWaitMs: 60_000 });
  const runs = async (count: number): Promise<void> => {
    while (session.runs.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    await session.end();
  };
  const hurried = scheduler.run(value(1), { deadlineMs: 600 });
  await runs(1);
  await hurried;
  const wide = { x: new Tensor('float32', [3, 4], [1, 2]) };
  const both = Promise.all([scheduler.run(value(2)), scheduler.run(wide, { deadlineMs: 600 })]);
  await runs(2);
  await runs(3);
  await both;
  expect(session.runs).toEqual([[1], [2], [3, 4]]);
});

test('joined requests of a real model are answered as each alone', async () => {
  const session = InferenceSession.fromModel(lenet(4), { intraOpNumThreads: 1 });
  const sizes: number[] = [];
  const watched: Runnable = {
    inputMetadata: session.inputMetadata,
    outputMetadata: session.outputMetadata,
    parts: [session],
    run: (feeds, options) => {
      sizes.push((feeds[digitInput] as Tensor).dims[0]!);
      return session.run(feeds, options ?? {});
    },
  };
  const scheduler = schedule(watched, { maxBatch: 8, queue: 100 });
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => scheduler.run({ [digitInput]: digit(i) })),
  );
  expect(Math.max(...sizes)).toBe(8);
  for (const size of sizes) expect([1, 2, 4, 8]).toContain(size);
  for (const [i, answer] of answers.entries()) {
    const [expected] = Object.values(await session.run({ [digitInput]: digit(i) }));
    const [got] = Object.values(answer);
    expect(got!.data).toEqual(expected!.data);
    expect(got!.dims).toEqual([1, 10]);
  }
  await scheduler.close();
  await expect(scheduler.run({})).rejects.toMatchObject({ code: 'KPT_UNAVAILABLE' });
  await session.release();
});

test('every request ends in one count, whatever happens to it', async () => {
  const session = InferenceSession.fromModel(lenet(5), { intraOpNumThreads: 1 });
  const scheduler = schedule(session, { queue: 4, policy: 'drop-oldest', deadlineMs: 3, maxBatch: 2 });
  const sent = 400;
  const asked: Promise<string>[] = [];
  for (let i = 0; i < sent; i++) {
    const control = new AbortController();
    const feeds = i % 11 === 0 ? {} : { [digitInput]: digit(i) };
    const options = { signal: control.signal, priority: i % 3 };
    asked.push(
      scheduler.run(feeds, options).then(
        () => 'ok',
        (error) => error.code,
      ),
    );
    if (i % 7 === 0) control.abort();
    if (i % 4 === 0) await settle();
  }
  const seen = await Promise.all(asked);
  const { submitted, waiting, running, ...ended } = scheduler.counts();
  expect([submitted, waiting, running]).toEqual([sent, 0, 0]);
  expect(Object.values(ended).reduce((a, b) => a + b)).toBe(sent);
  const count = (code: string): number => seen.filter((one) => one === code).length;
  expect(ended).toEqual({
    completed: count('ok'),
    failed: count('KPT_INPUT_MISSING'),
    rejected: 0,
    dropped: count('KPT_DROPPED'),
    expired: count('KPT_DEADLINE'),
    aborted: count('KPT_ABORTED'),
  });
  expect(ended.completed).toBeGreaterThan(0);
  await scheduler.close();
  await session.release();
});

test('options are checked', () => {
  for (const options of [{ queue: 0 }, { policy: 'hope' }, { maxBatch: 1.5 }, { nonsense: 1 }])
    expect(() => schedule(new Held(), options as object)).toThrow(
      expect.objectContaining({ code: 'KPT_OPTION_INVALID' }),
    );
});
