// Tuning end to end on small pictures: rungs, failures, resumption, what is judged by what, and the same result for a seed.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finetune } from '../../lib/compress/finetune.js';
import type { Model } from '../../lib/model/model.js';
import type { Chart } from '../../lib/report/curves-page.js';
import type { TuneReport } from '../../lib/search/tune/report.js';
import { type TuneEvent, type TuneOptions, tune } from '../../lib/search/tune.js';
import { evaluate } from '../../lib/train/evaluate.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { folder } from '../helpers/data-files.js';
import { classes, pictures, side } from '../helpers/pictures.js';

const model = buildNetwork('lenet-300-100', { input: [1, side, side], classes, width: 0.05, seed: 3 });
const data = pictures(160, 1, 3);
const test_ = pictures(60, 2, 3);
const space = {
  learningRate: { min: 1e-5, max: 1, scale: 'log' },
  batch: [16, 32],
  'regularize.l2': { min: 1e-6, max: 1e-2, scale: 'log' },
} as const;
const run = (options: Partial<TuneOptions> = {}) =>
  tune(model, {
    ...{ method: 'finetune', data, evaluate: test_, space: { ...space }, trials: 9, epochs: 4, holdout: 0.2 },
    ...{ seed: 1, threads: 1 },
    ...options,
  });

const bytes = (one: Model): string => Buffer.from(one.toBytes()).toString('base64');
/** What does not depend on the clock. */
const timeless = (report: TuneReport) =>
  JSON.parse(JSON.stringify(report, (key, value) => (key === 'seconds' ? 0 : value)));

test('rungs: all begin, the better third goes on, the best of all data is the model', async () => {
  const events: TuneEvent[] = [];
  const { model: tuned, report } = await run({ onEvent: (event) => void events.push(event) });
  expect([report.trainingSamples, report.validationSamples]).toEqual([128, 32]);
  expect(report.trials.map(({ trial }) => trial)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(report.trials[0]!.values).toEqual({});
  const at = (budget: number) => report.trials.filter((trial) => trial.budget === budget);
  expect([at(1).length, at(4).length]).toEqual([6, 3]);
  expect(at(4).every(({ status }) => status === 'finished')).toBe(true);
  expect(at(1).every(({ status }) => status === 'pruned')).toBe(true);
  // Nobody was given up who was better after the first epoch than one who went on.
  const first = ({ curve }: TuneReport['trials'][0]): number => curve[0]!.accuracy;
  expect(Math.min(...at(4).map(first))).toBeGreaterThanOrEqual(Math.max(...at(1).map(first)));
  expect(report.best.accuracy).toBe(Math.max(...at(4).map(({ accuracy }) => accuracy!)));
  expect(report.spent).toBe(6 + 3 * 4);
  // The options are enough to make the same model.
  const { model: again } = await finetune(model, { ...report.options, data, threads: 1 });
  expect(bytes(again)).toBe(bytes(tuned));
  const { defaults, tuned: judged } = report.test!;
  expect(judged.accuracy).toBe((await evaluate(tuned, test_, { threads: 1 })).accuracy);
  const plain = await finetune(model, { data, epochs: 4, seed: 1, threads: 1 });
  expect(defaults.accuracy).toBe((await evaluate(plain.model, test_, { threads: 1 })).accuracy);
  expect(judged.right - defaults.right).toBe(report.test!.tunedOnly - report.test!.defaultsOnly);
  expect(events.filter(({ event }) => event === 'train')).toHaveLength(2);
});

test('the page has the trials, a panel for each parameter, and values that cannot end its script', async () => {
  const path = join(folder, 'tune.html');
  const network = buildNetwork('lenet-300-100', { input: [1, side, side], classes, width: 0.05 });
  const { report } = await tune(network, {
    ...{ method: 'finetune', data, evaluate: test_, trials: 4, epochs: 2, threads: 1, report: path },
    space: {
      batch: [16, 32],
      learningRate: { min: 1e-3, max: 0.1, scale: 'log' },
      optimizer: ['sgd', 'adam'],
    },
  });
  const html = readFileSync(path, 'utf8');
  const charts = JSON.parse(/^const charts = (.*);$/m.exec(html)![1]!) as readonly Chart[];
  expect(charts.map(({ title }) => title.split(':')[0])).toEqual([
    'Right answers on the samples held out',
    'By epochs',
    ...['batch', 'learningRate', 'optimizer'],
  ]);
  const [progress, rungs, batch, rate, optimizer] = charts as readonly [Chart, Chart, Chart, Chart, Chart];
  expect(progress.x.values).toEqual([0, 1, 2, 3]);
  expect(progress.curves.at(-1)!.values.at(-1)).toBe(report.best.accuracy);
  expect(rungs.curves).toHaveLength(4);
  expect(rungs.x.values).toEqual([1, 2]);
  expect(batch.x.names).toEqual(['16', '32']);
  expect(optimizer.x.names).toEqual(['sgd', 'adam']);
  expect(rate.x.logarithmic).toBe(true);
  const tried = report.trials.slice(1).map(({ values }) => values.learningRate as number);
  expect(rate.x.values).toEqual(tried.toSorted((a, b) => a - b));
  expect(html).toContain(`<td>${report.best.trial} (best)</td>`);
});

test('a page that cannot be written ends the search before it begins, and costs no model afterwards', async () => {
  const begun = jest.fn();
  await expect(run({ report: join(folder, 'no folder', 'tune.html'), onEvent: begun })).rejects.toMatchObject(
    { code: 'KPT_FILE_WRITE' },
  );
  expect(begun).not.toHaveBeenCalled();
  const place = join(folder, 'place');
  mkdirSync(place);
  const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const { report } = await run({
    ...{ trials: 1, epochs: 1, report: join(place, 'tune.html') },
    onEvent: () => rmSync(place, { recursive: true, force: true }),
  });
  expect(report.trials).toHaveLength(1);
  expect(warn.mock.calls).toEqual([[expect.stringContaining('the report of tune is missing')]]);
  warn.mockRestore();
});

test('the seed decides the trials and the model, the number of threads does not', async () => {
  const one = await run({ trials: 4 });
  const two = await run({ trials: 4, threads: 2 });
  const other = await run({ trials: 4, seed: 2 });
  expect(timeless(two.report)).toEqual(timeless(one.report));
  expect(bytes(two.model)).toBe(bytes(one.model));
  expect(other.report.trials.map(({ values }) => values)).not.toEqual(
    one.report.trials.map(({ values }) => values),
  );
});

test('ended anywhere, the same search goes on and comes to the same', async () => {
  const whole = await run();
  for (const stop of [2, 10]) {
    const journal = join(folder, `journal-${stop}`);
    const end = new AbortController();
    let told = 0;
    const onEvent = (): void => {
      if (++told === stop) end.abort();
    };
    await expect(run({ journal, signal: end.signal, onEvent })).rejects.toMatchObject({
      code: 'KPT_ABORTED',
    });
    const known = readFileSync(journal, 'utf8');
    // The end of a line that a dying process did not write.
    appendFileSync(journal, '{"trial":');
    const { report, model: resumed } = await run({ journal });
    expect(timeless(report)).toEqual(timeless(whole.report));
    expect(bytes(resumed)).toBe(bytes(whole.model));
    // What was known was not run again, and is as it was.
    expect(readFileSync(journal, 'utf8').startsWith(known)).toBe(true);
    expect(existsSync(`${journal}.trials`)).toBe(false);
    const lines = readFileSync(journal, 'utf8');
    await run({ journal });
    expect(readFileSync(journal, 'utf8')).toBe(lines);
  }
});

test('the journal of another search is refused', async () => {
  const journal = join(folder, 'other');
  await run({ journal, trials: 2, epochs: 1 });
  await expect(run({ journal, trials: 3, epochs: 1 })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining('trials (was 2, is 3)'),
  });
  // As many samples, but others.
  const same = { journal, trials: 2, epochs: 1 };
  const named = { ...same, journal: join(folder, 'named'), validate: pictures(20, 5, 3) };
  await run(named);
  for (const other of [
    { ...same, data: pictures(160, 9, 3) },
    { ...named, data: pictures(160, 9, 3) },
    { ...named, validate: pictures(20, 9, 3) },
  ])
    await expect(run(other)).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringContaining('samples (was ['),
    });
  // Without rungs more trials are only more trials.
  const more = join(folder, 'more');
  await run({ journal: more, trials: 2, epochs: 1, rungs: 'none' });
  expect((await run({ journal: more, trials: 3, epochs: 1, rungs: 'none' })).report.trials).toHaveLength(3);
  writeFileSync(journal, 'no journal\n');
  await expect(run({ journal })).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
});

test('a journal that cannot be taken leaves nothing behind', async () => {
  const journal = join(folder, 'a-folder');
  mkdirSync(journal);
  await expect(run({ journal })).rejects.toMatchObject({ code: 'KPT_FILE_NOT_FOUND' });
  expect(existsSync(`${journal}.trials`)).toBe(false);
  // Nor can a file hold trials.
  const taken = join(folder, 'taken');
  writeFileSync(`${taken}.trials`, '');
  await expect(run({ journal: taken })).rejects.toMatchObject({
    code: 'KPT_FILE_WRITE',
    message: expect.stringContaining('taken.trials'),
  });
});

test('trials that fail are recorded, and the search goes on', async () => {
  const { report } = await run({
    space: { batch: [16, 1000], learningRate: [0.01, 1e38] },
    trials: 5,
    epochs: 1,
  });
  const failed = report.trials.filter(({ status }) => status === 'failed');
  expect(failed.map(({ failure }) => failure!.code)).toEqual(
    expect.arrayContaining(['KPT_OPTION_INVALID', 'KPT_TRAINING_DIVERGED']),
  );
  expect(report.best.status).toBe('finished');
  await expect(
    run({ options: { batch: 1000 }, space: { learningRate: [1, 2] }, trials: 3 }),
  ).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining('Every trial of tune failed'),
  });
});

test('time ends the search, and what it came to by then counts', async () => {
  const { report } = await run({ minutes: 0.05, trials: 2000, rungs: 'none', epochs: 2 });
  expect(report.trials.length).toBeLessThan(2000);
  expect(report.trials.at(-1)!.status).toBe('unfinished');
});

test('the objective decides which trial is best', async () => {
  const { report } = await run({ objective: 'loss', rungs: 'none', epochs: 2, trials: 5 });
  expect(report.best.loss).toBe(Math.min(...report.trials.map(({ loss }) => loss!)));
});

test('quantize: budgets are calibration samples, and a small space is tried once', async () => {
  const { model: trained } = await finetune(model, { data, epochs: 3, threads: 1 });
  const { report } = await tune(trained, {
    ...{ method: 'quantize', data, evaluate: test_, holdout: 0.5, calibrationSamples: 32, threads: 1 },
    ...{ trials: 30, space: { symmetric: [true, false], biasCorrection: [true, false] } },
  });
  // Four combinations, and the defaults.
  expect(report.trials).toHaveLength(5);
  expect(new Set(report.trials.map(({ values }) => JSON.stringify(values))).size).toBe(5);
  expect(report.options.samples).toBe(32);
  expect(report.trials.every(({ budget }) => budget === 11 || budget === 32 || budget === 16)).toBe(true);
});

test('validation samples can be named, and distill takes a teacher', async () => {
  const { report } = await run({
    ...{ method: 'distill', teacher: 'self', validate: pictures(20, 5, 3), trials: 2, epochs: 1 },
    space: { temperature: { min: 1, max: 4 } },
  });
  expect([report.trainingSamples, report.validationSamples]).toEqual([160, 20]);
});

test.each([
  [{ space: { learningrate: [1, 2] } }, 'learningrate'],
  [{ space: { 'regularize.l3': [1] } }, 'l3'],
  [{ space: { learningRate: { min: -1, max: 1 } } }, 'learningRate'],
  [{ space: { epochs: [1, 2] } }, 'decided by the search'],
  [{ options: { seed: 3 } }, 'decided by the search'],
  [{ options: { batches: 3 } }, 'batches'],
  [{ method: 'prune' }, 'expected one of finetune'],
  [{ calibrationSamples: 3 }, 'takes option epochs'],
  [{ teacher: 'self' }, 'takes no teacher'],
  [{ trails: 3 }, 'trails'],
] as [Partial<TuneOptions>, string][])('%j is refused before the first trial', async (options, message) => {
  const begun = jest.fn();
  await expect(run({ ...options, onEvent: begun })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining(message),
  });
  expect(begun).not.toHaveBeenCalled();
});
