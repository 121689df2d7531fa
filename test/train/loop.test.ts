// The loop around a step made by hand: what it reports, and that a run continued from any checkpoint ends with the same bits.
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { Model } from '../../lib/model/model.js';
import { argMax } from '../../lib/report/compare.js';
import { Batches } from '../../lib/train/batches.js';
import { evaluate } from '../../lib/train/evaluate.js';
import type { TrainingEvent, TrainingReport } from '../../lib/train/events.js';
import { logTo } from '../../lib/train/log.js';
import { type TrainOptions, train } from '../../lib/train/loop.js';
import { scheduleOf, scheduleOptions } from '../../lib/train/schedules/options.js';
import { TrainingData } from '../../lib/train/training-data.js';
import { folder } from '../helpers/data-files.js';
import { clusters, counted, SoftmaxRegression } from '../helpers/softmax-regression.js';

const judged = clusters(60, 8, 3, 2).map(({ label, inputs }) => ({
  label: label!,
  feeds: { x: new Tensor('float32', inputs.get('x')!.data as Float32Array, [1, 8]) },
}));

interface Run {
  readonly step: SoftmaxRegression;
  readonly report: TrainingReport;
  readonly events: readonly TrainingEvent[];
}

async function run(options: Partial<TrainOptions> = {}): Promise<Run> {
  const step = new SoftmaxRegression(8, 8, 3);
  const data = await TrainingData.open(counted(clusters(100, 8, 3)), { seed: 5, memoryBytes: 1e6 });
  const noise = (values: Float32Array, _: unknown, random: () => number) =>
    values.set(values.map((v) => v + 0.1 * random()));
  const events: TrainingEvent[] = [];
  const report = await train({
    step,
    batches: new Batches(data, step, { size: 8, seed: 5, modelInputs: ['x'], augment: [noise] }),
    samples: data.count,
    answerOf: (scores) => argMax(scores, 0, scores.length),
    epochs: 4,
    learningRate: 0.1,
    schedule: scheduleOf(scheduleOptions.parse('cosine')),
    evaluate: (graph) => evaluate(new Model(graph), judged, { threads: 1 }),
    settings: { seed: 5 },
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { step, report, events };
}

/** A report without what depends on the clock. */
const timeless = ({ epochs, ...rest }: TrainingReport) => ({
  ...rest,
  epochs: epochs.map(({ seconds, ...epoch }) => {
    expect(seconds).toBeGreaterThan(0);
    return epoch;
  }),
});

test('it learns, and reports every epoch', async () => {
  const { report, events } = await run();
  expect(report).toMatchObject({ samples: 100, steps: 48, kept: 4, stoppedEarly: false });
  expect(report.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
  const [first, last] = [report.epochs[0]!, report.epochs[3]!];
  expect(last.loss).toBeLessThan(0.5 * first.loss);
  expect(first.loss).toBeLessThan(Math.log(3));
  expect(last.accuracy).toBeGreaterThan(0.95);
  expect(last.evaluation).toBeGreaterThan(0.95);
  expect(last.learningRate).toBeLessThan(first.learningRate);
  expect(report.curve.map(({ step }) => step)).toEqual(Array.from({ length: 48 }, (_, i) => i + 1));
  const kinds = events.map(({ event }) => event);
  expect(kinds[0]).toBe('start');
  expect(kinds.at(-1)).toBe('end');
  expect(kinds.filter((kind) => kind === 'epoch')).toHaveLength(4);
  const left = events.flatMap((e) => (e.event === 'step' ? [e.secondsLeft] : []));
  expect(left.at(-1)).toBe(0);
  expect(left[10]).toBeGreaterThan(0);
});

test('the same seed gives the same bits', async () => {
  const [a, b] = [await run(), await run()];
  expect(b.step.state).toEqual(a.step.state);
  expect(timeless(b.report)).toEqual(timeless(a.report));
});

describe('checkpoints', () => {
  const at = (path: string, resume = true) => ({ checkpoint: { path, resume, seconds: 0 } });

  test('a run that is ended after any step continues to the same bits', async () => {
    const whole = await run();
    for (const stop of [1, 5, 12, 13, 30, 47, 48]) {
      const path = join(folder, `stop-${stop}`);
      const end = new AbortController();
      const onEvent = (event: TrainingEvent): void => {
        if (event.event === 'step' && event.step === stop) end.abort();
      };
      await expect(run({ ...at(path), signal: end.signal, onEvent })).rejects.toMatchObject({
        code: 'KPT_ABORTED',
      });
      const rest = await run(at(path));
      expect(rest.step.state).toEqual(whole.step.state);
      expect(timeless(rest.report)).toEqual(timeless(whole.report));
      expect(rest.events.find(({ event }) => event === 'resume')).toMatchObject({ step: stop });
    }
  });

  test('a run that had ended is not run again', async () => {
    const path = join(folder, 'ended');
    const first = await run(at(path));
    const again = await run(at(path));
    expect(again.step.state).toEqual(first.step.state);
    expect(again.events.filter(({ event }) => event === 'step')).toEqual([]);
  });

  test('without resume a run starts over', async () => {
    const path = join(folder, 'over');
    await run(at(path));
    const { events } = await run(at(path, false));
    expect(events.filter(({ event }) => event === 'step')).toHaveLength(48);
  });

  test('a checkpoint of a run with other options is refused, naming them', async () => {
    const path = join(folder, 'other');
    await run(at(path));
    await expect(run({ ...at(path), settings: { seed: 6, epochs: 2 } })).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringMatching(/seed \(was 5, is 6\), epochs \(was absent, is 2\)/),
    });
  });

  test('they are written only as often as asked, and after each epoch', async () => {
    const path = join(folder, 'seldom');
    const copies: string[] = [];
    const onEvent = (event: TrainingEvent): void => {
      if (event.event !== 'step' || event.step % 12 !== 11 || !existsSync(path)) return;
      copies.push(`${path}-${event.step}`);
      copyFileSync(path, copies.at(-1)!);
    };
    await run({ checkpoint: { path, resume: false, seconds: 3600 }, onEvent });
    const done = copies.map((copy) =>
      /"progress":"{\\"epoch\\":(\d),\\"batch\\":(\d+)/.exec(readFileSync(copy, 'latin1'))!.slice(1, 3),
    );
    expect(done).toEqual([
      ['1', '0'],
      ['2', '0'],
      ['3', '0'],
    ]);
  });
});

describe('early stopping', () => {
  /** Evaluations that are told in advance. */
  const scores = (list: readonly number[]) => {
    let at = 0;
    return async () => ({ accuracy: list[at++]!, loss: 1 });
  };

  test('ends the run and goes back to the best epoch', async () => {
    const best = await run({
      epochs: 6,
      onEvent: () => {},
      evaluate: scores([0.5, 0.9, 0.8, 0.9, 0.7, 0.95]),
      earlyStopping: { patience: 2, gain: 0 },
    });
    expect(best.report).toMatchObject({ stoppedEarly: true, kept: 2 });
    expect(best.report.epochs).toHaveLength(4);
    const states: ReadonlyMap<string, unknown>[] = [];
    const step = new SoftmaxRegression(8, 8, 3);
    const evaluateAndKeep = async () => {
      states.push(step.state);
      return { accuracy: 0.5, loss: 1 };
    };
    await run({ step, epochs: 6, evaluate: evaluateAndKeep });
    expect(best.step.state).not.toEqual(states[3]);
    expect((best.step.state.get('w') as { data: Float32Array }).data).toEqual(
      (states[1]!.get('w') as { data: Float32Array }).data,
    );
  });

  test('a resumed run still knows its best epoch', async () => {
    const rule = { patience: 2, gain: 0 };
    const list = [0.5, 0.9, 0.8, 0.85, 0.7];
    const whole = await run({ epochs: 5, evaluate: scores(list), earlyStopping: rule });
    const path = join(folder, 'best');
    const end = new AbortController();
    const onEvent = (event: TrainingEvent): void => {
      if (event.event === 'step' && event.step === 30) end.abort();
    };
    const checkpoint = { path, resume: true, seconds: 3600 };
    const options = { epochs: 5, earlyStopping: rule, checkpoint };
    await expect(
      run({ ...options, evaluate: scores(list), signal: end.signal, onEvent }),
    ).rejects.toMatchObject({ code: 'KPT_ABORTED' });
    const rest = await run({ ...options, evaluate: scores(list.slice(2)) });
    expect(rest.step.state).toEqual(whole.step.state);
    expect(timeless(rest.report)).toEqual(timeless(whole.report));
  });
});

/** A step that learns nothing, with these losses. */
function withLosses(lossOf: (step: number) => number): SoftmaxRegression {
  let taken = 0;
  return new Proxy(new SoftmaxRegression(8, 8, 3), {
    get(target, key) {
      if (key === 'run') return () => ({ loss: lossOf(taken++), outputs: new Map() });
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test.each([
  ['no number', () => Number.NaN],
  ['far beyond the first one', (step: number) => 2 * 10 ** step],
])('a loss that is %s ends the run', async (_, lossOf) => {
  await expect(run({ step: withLosses(lossOf) })).rejects.toMatchObject({ code: 'KPT_TRAINING_DIVERGED' });
});

test('a loss that has gone up is told of', async () => {
  const { report } = await run({ step: withLosses((step) => (step === 0 ? 1.5 : 40)) });
  expect(report.notes).toEqual([expect.stringMatching(/^The loss began at 1\.50 and is 40\.0 at the end/)]);
});

test.each([
  ['usual', (step: number) => 1 / (1 + step)],
  ['up from almost nothing', (step: number) => (step === 0 ? 0.0001 : 0.2)],
])('nothing is said of a loss that is %s', async (_, lossOf) => {
  expect((await run({ step: withLosses(lossOf) })).report.notes).toEqual([]);
});

test('the log is one JSON object a line', async () => {
  const path = join(folder, 'log.jsonl');
  const { events } = await run();
  events.forEach(logTo(path));
  const lines = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ time, ...event }) => event)).toEqual(events);
  expect(() => logTo(join(folder, 'no/such/folder'))(events[0]!)).toThrow(
    expect.objectContaining({ code: 'KPT_FILE_WRITE' }),
  );
});
