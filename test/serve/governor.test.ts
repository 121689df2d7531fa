import { Tensor } from 'onnxruntime-common';
import {
  type Governor,
  type GovernorOptions,
  type GovernorSwitch,
  govern,
} from '../../lib/serve/governor.js';
import type { Pressure } from '../../lib/serve/governor-policy.js';
import type { Runnable } from '../../lib/serve/runnable.js';
import { schedule } from '../../lib/serve/scheduler.js';
import { InferenceSession } from '../../lib/session/session.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { digit, digitInput, lenet } from '../helpers/serving.js';

const metadata = [{ name: 'x', isTensor: true as const, type: 'float32' as const, shape: ['n', 1] }];
const variants = [
  { name: 'fp32', ms: 10 },
  { name: 'int8', ms: 4 },
  { name: 'binary', ms: 1 },
];

/** Variants on a clock of their own: a run takes the time of its variant, times `slow`. */
class Device {
  now = 0;
  slow = 1;
  pressure: Pressure = { waiting: 0, missed: 0, throttled: false };
  readonly switches: (GovernorSwitch & { readonly at: number })[] = [];
  readonly governor: Governor;

  constructor(options: Partial<GovernorOptions> = {}, cold: boolean | 'absent' = false) {
    const session = (ms: number, i: number): Runnable => ({
      inputMetadata: metadata,
      outputMetadata: metadata,
      run: async () => {
        this.now += ms * this.slow;
        return { x: new Tensor('float32', [i], [1, 1]) };
      },
    });
    this.governor = govern(
      variants.map(({ name, ms }, i) => ({
        name,
        session: session(ms, i),
        ...(cold !== 'absent' && { warmUpMs: cold ? null : ms }),
      })),
      {
        targetMs: 15,
        clock: () => this.now,
        pressure: () => this.pressure,
        onSwitch: (change) => this.switches.push({ ...change, at: this.now }),
        ...options,
      },
    );
  }

  /** A request every `every` milliseconds until then. */
  async until(end: number, every = 50): Promise<void> {
    while (this.now < end) {
      const next = this.now + every;
      await this.governor.run({});
      this.now = Math.max(this.now, next);
    }
  }

  get path(): readonly string[] {
    return this.switches.map(({ from, to, reason }) => `${from} -> ${to}: ${reason}`);
  }
}

test('the best variant answers while it keeps the target', async () => {
  const device = new Device();
  await device.until(60_000);
  expect(device.path).toEqual([]);
  expect(device.governor.snapshot()).toMatchObject({ current: 'fp32', switches: 0 });
});

test('down while runs are too slow, up again when there is room, and the same every time', async () => {
  const drive = async (): Promise<Device> => {
    const device = new Device();
    await device.until(5_000);
    device.slow = 3;
    await device.until(20_000);
    device.slow = 1;
    await device.until(60_000);
    return device;
  };
  const device = await drive();
  expect(device.path).toEqual(['fp32 -> int8: too slow', 'int8 -> fp32: room again']);
  const [down, up] = device.switches as [GovernorSwitch & { at: number }, GovernorSwitch & { at: number }];
  expect(down.at).toBeLessThan(6_500);
  expect(up.at - down.at).toBeGreaterThanOrEqual(10_000);
  expect((await drive()).switches).toEqual(device.switches);
});

test('as far down as it takes', async () => {
  const device = new Device();
  device.slow = 6;
  await device.until(20_000);
  expect(device.path).toEqual(['fp32 -> int8: too slow', 'int8 -> binary: too slow']);
  device.slow = 100;
  await device.until(25_000);
  expect(device.switches).toHaveLength(2);
});

test.each<[Partial<Pressure>, string]>([
  [{ waiting: 20 }, 'requests wait'],
  [{ throttled: true }, 'throttled'],
])('%j makes it go down', async (pressure, reason) => {
  const device = new Device();
  device.pressure = { ...device.pressure, ...pressure };
  await device.until(1_500);
  expect(device.path).toEqual([`fp32 -> int8: ${reason}`]);
});

test('missed requests make it go down, those of the past do not', async () => {
  const device = new Device();
  device.pressure = { waiting: 0, missed: 0, throttled: false };
  await device.until(2_000);
  device.pressure = { ...device.pressure, missed: 5 };
  await device.until(9_000);
  expect(device.path).toEqual(['fp32 -> int8: requests missed']);
});

test('it does not come back where requests come too fast for the better variant', async () => {
  const device = new Device({ maxWaiting: 2 });
  device.pressure = { ...device.pressure, waiting: 10 };
  await device.until(2_000, 8);
  device.pressure = { ...device.pressure, waiting: 0 };
  await device.until(60_000, 8);
  // One every 8 ms: too much for 10 ms a run, nothing for 4 ms.
  expect(device.governor.snapshot().current).toBe('int8');
  await device.until(90_000, 50);
  expect(device.governor.snapshot().current).toBe('fp32');
});

test('one that came back in vain waits longer each time', async () => {
  const device = new Device({ upDwellMs: 1000, downDwellMs: 100 });
  // The better variant is slow only while it runs: nothing of it shows on the other one.
  for (let step = 0; step < 2400; step++) {
    device.slow = device.governor.snapshot().current === 'fp32' ? 3 : 1;
    await device.until(device.now + 1);
  }
  const ups = device.switches.filter(({ to }) => to === 'fp32').map(({ at }) => at);
  expect(ups.length).toBeGreaterThan(2);
  for (let i = 2; i < Math.min(ups.length, 5); i++)
    expect(ups[i]! - ups[i - 1]!).toBeGreaterThan(1.5 * (ups[i - 1]! - ups[i - 2]!));
});

test('a switch loses no request, and no answer is half of each', async () => {
  const sessions = [1, 2].map((seed) => InferenceSession.fromModel(lenet(seed), { intraOpNumThreads: 1 }));
  let now = 0;
  let waiting = 0;
  const governor = govern(
    sessions.map((session, i) => ({ name: `${i}`, session, warmUpMs: 1 })),
    {
      targetMs: 1e9,
      downDwellMs: 0,
      upDwellMs: 0,
      clock: () => (now += 30),
      pressure: () => {
        waiting = waiting === 0 ? 100 : 0;
        return { waiting, missed: 0, throttled: false };
      },
      headroom: 1,
    },
  );
  const scheduler = schedule(governor, { queue: 200 });
  const answers = await Promise.all(
    Array.from({ length: 150 }, (_, i) => scheduler.run({ [digitInput]: digit(i) })),
  );
  const seen = [0, 0];
  for (const [i, answer] of answers.entries()) {
    const [got] = Object.values(answer);
    const expected = sessions.map(
      (session) => Object.values(session.runSync({ [digitInput]: digit(i) }))[0]!.data,
    );
    const of = expected.findIndex((data) => JSON.stringify(data) === JSON.stringify(got!.data));
    expect(of).toBeGreaterThanOrEqual(0);
    seen[of]!++;
  }
  expect(seen[0]).toBeGreaterThan(0);
  expect(seen[1]).toBeGreaterThan(0);
  expect(governor.snapshot().variants.map(({ runs }) => runs)).toEqual(seen);
  expect(governor.snapshot().switches).toBeGreaterThan(4);
  await scheduler.close();
  for (const session of sessions) await session.release();
});

test('what was measured counts for more than a warm-up that was wrong', async () => {
  const device = new Device();
  // Twice what the warm-up promised, whatever else happens: 20 ms are too many, always.
  const drive = async (end: number): Promise<void> => {
    while (device.now < end) {
      device.slow = device.governor.snapshot().current === 'fp32' ? 2 : 1;
      await device.until(device.now + 1);
    }
  };
  await drive(30_000);
  // From the warm-up alone it was 10 ms, and worth a try after ten seconds.
  expect(device.path).toEqual(['fp32 -> int8: too slow']);
  expect(device.governor.snapshot().variants.map(({ expectedMs }) => expectedMs)).toEqual([20, 4, 1]);
});

test.each([true, 'absent'] as const)(
  'without a warm-up nothing is predicted: what was tried is known then, and not tried again soon',
  async (cold) => {
    const device = new Device({ upDwellMs: 1000, downDwellMs: 100 }, cold);
    expect(device.governor.snapshot().variants.map(({ expectedMs }) => expectedMs)).toEqual([
      null,
      null,
      null,
    ]);
    device.slow = 2;
    await device.until(60_000);
    // One variant down keeps the target, and the better one is tried at intervals that grow.
    expect(device.governor.snapshot().variants.map(({ expectedMs }) => expectedMs)).toEqual([20, 8, null]);
    expect(device.switches.length).toBeLessThan(12);
    device.slow = 1;
    await device.until(90_000);
    expect(device.governor.snapshot().current).toBe('fp32');
  },
);

test.each([{ warmUpMs: Number.NaN }, { warmUpMs: -1 }, { warmUpMs: '5' }, { name: 7 }])(
  'a variant with %p is refused',
  (wrong) => {
    const session = { inputMetadata: metadata, outputMetadata: metadata, run: async () => ({}) };
    expect(() => govern([{ name: 'v', session, ...(wrong as object) }], { targetMs: 1 })).toThrow(
      expect.objectContaining({
        code: 'KPT_OPTION_INVALID',
        message: expect.stringContaining(`variant 1 of govern: ${Object.keys(wrong)[0]}`),
      }),
    );
  },
);

test('who is told of a switch may fail: the run is answered', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const device = new Device({
    onSwitch: () => {
      throw new Error('no network');
    },
  });
  device.slow = 6;
  await device.until(20_000);
  expect(device.governor.snapshot()).toMatchObject({ current: 'binary', switches: 2 });
  expect(warn.mock.calls).toEqual(
    new Array(2).fill([expect.stringContaining('onSwitch failed: no network')]),
  );
  warn.mockRestore();
});

test('variants of other inputs are refused, and options checked', () => {
  const [one, other] = [lenet(1), buildNetwork('lenet-5', { classes: 4 })].map((model) =>
    InferenceSession.fromModel(model),
  );
  const variant = (session: InferenceSession) => ({ name: 'v', session, warmUpMs: 1 });
  expect(() => govern([variant(one!), variant(other!)], { targetMs: 1 })).toThrow(
    expect.objectContaining({ code: 'KPT_MODEL_DIFFERENT' }),
  );
  for (const options of [{}, { targetMs: 0 }, { targetMs: 1, headroom: 2 }])
    expect(() => govern([variant(one!)], options as GovernorOptions)).toThrow(
      expect.objectContaining({ code: 'KPT_OPTION_INVALID' }),
    );
  expect(() => govern([], { targetMs: 1 })).toThrow(expect.objectContaining({ code: 'KPT_OPTION_INVALID' }));
});
