// The search on a real network: budgets that are met in different ways, or not at all; replays; journals.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { Model } from '../../lib/model/model.js';
import { applyRecipe } from '../../lib/search/compress/apply-recipe.js';
import { sha256Of } from '../../lib/search/compress/measure.js';
import { loadRecipe } from '../../lib/search/compress/recipe.js';
import type { CompressReport } from '../../lib/search/compress/report.js';
import { compress } from '../../lib/search/compress.js';
import { toTensor } from '../../lib/session/feeds.js';
import { f32, fromNumbers, toNumbers } from '../../lib/tensor/tensor.js';
import { evaluate as evaluateModel } from '../../lib/train/evaluate.js';
import type { Lesson } from '../../lib/train/train-model.js';
import { folder } from '../helpers/data-files.js';
import { paddedFile } from '../helpers/padded-file.js';
import { digits, trainedDigits } from '../helpers/trained-digits.js';

let model: Model;
let data: readonly Lesson[];
let evaluate: readonly Lesson[];

beforeAll(async () => {
  model = await trainedDigits('lenet-300-100', 0.3);
  data = await digits('train', 600, model);
  evaluate = await digits('t10k', 500, model);
});

/** Settings that keep tests short. */
const quick = { latencySeconds: 0.02, epochs: 1, batch: 32, threads: 1, calibrationSamples: 50 };

const withoutLatency = ({ trials }: CompressReport) =>
  trials.map(({ what, sha256, measures }) => [what, sha256, measures?.accuracy, measures?.bytes]);

test('INT8 is enough: the first that keeps the budget ends the search', async () => {
  const { model: small, report } = await compress(model, {
    data,
    evaluate,
    budget: { maxDrop: 2, ratio: 2.5 },
    first: true,
    ...quick,
  });
  expect(report.trials.map(({ number, strategy }) => [number, strategy])).toEqual([
    [0, 'original'],
    [1, 'int8'],
  ]);
  const [original, chosen] = report.trials;
  expect(original!.breaches.map(({ line }) => line)).toEqual(['ratio']);
  expect(report.chosen).toMatchObject({ number: 1, keeps: true });
  expect(chosen!.measures!.bytes.file).toBe(small.toBytes().length);
  expect(chosen!.measures!.accuracy.samples).toBe(500);
  expect(report.skipped.map(({ strategy }) => strategy)).toContain('qat');
  expect(report.layers.map(({ runs, bits }) => [runs, bits])).toEqual([
    ['int8', 8],
    ['int8', 8],
    ['int8', 8],
  ]);
});

test('nothing is enough: the error names the line that blocks, and nearest takes what there is', async () => {
  const options = {
    data,
    evaluate,
    budget: { maxDrop: 2, maxBytes: 5000 },
    methods: ['int8', 'mixed'],
    ...quick,
  };
  const error = await compress(model, options).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ code: 'KPT_BUDGET_UNMET' });
  expect(error.message).toMatch(/None of 2 candidates .* trial 1, INT8.*a file of at most 4\.88 KiB: has/);
  const report = error.details.report as CompressReport;
  expect(report.chosen.keeps).toBe(false);
  // Other calibration weighs as much, and float layers weigh more.
  expect(report.skipped.map(({ strategy, what }) => [strategy, what])).toEqual([
    ['int8', 'other ways to calibrate'],
    ['mixed', 'sensitive values in float'],
    ...report.skipped.slice(2).map(({ strategy, what }) => [strategy, what]),
  ]);
  const nearest = await compress(model, { ...options, nearest: true });
  expect(nearest.report.chosen).toMatchObject({ number: 1, keeps: false });
  expect(nearest.model.toBytes().length).toBeGreaterThan(5000);
});

test.each([
  ['of another shape', 'qat', [1, 7], 0, /Expected .*784.* but received/],
  ['that are no numbers', 'int8', [1, 1, 28, 28], Number.NaN, /Expected finite values/],
] as const)('samples %s are told as the reason', async (_, method, dims, value, reason) => {
  const [name] = Object.keys(data[0]!.feeds);
  const size = dims.reduce((a: number, b) => a * b, 1);
  const wrong = new Tensor('float32', new Float32Array(size).fill(value), dims);
  const lessons = data.map(({ label }) => ({ feeds: { [name!]: wrong }, label: label! }));
  const options = { data: lessons, evaluate, budget: { ratio: 2 }, methods: [method], ...quick };
  await expect(compress(model, options)).rejects.toMatchObject({
    code: 'KPT_BUDGET_UNMET',
    message: expect.stringMatching(reason),
  });
  const { report } = await compress(model, { ...options, nearest: true });
  expect(report.chosen.number).toBe(0);
  expect(report.notes.join()).toMatch(reason);
});

test('training is allowed: the same seed gives the same trials, and the recipe the same bytes', async () => {
  const options = {
    data,
    evaluate,
    budget: { ratio: 2 },
    objective: 'accuracy',
    methods: ['qat'],
    seed: 3,
    ...quick,
  } as const;
  const first = await compress(model, options);
  const second = await compress(model, options);
  expect(first.report.trials.length).toBeGreaterThan(1);
  expect(withoutLatency(second.report)).toEqual(withoutLatency(first.report));
  const path = join(folder, 'found.recipe.json');
  writeFileSync(path, JSON.stringify(first.report.recipe));
  for (const recipe of [first.report.recipe, await loadRecipe(path)]) {
    const replayed = await applyRecipe(model, recipe, { data });
    expect(Buffer.from(replayed.toBytes()).equals(first.model.toBytes())).toBe(true);
  }
});

test('one set of samples: a part is held out, never learnt from, and a replay holds out the same', async () => {
  const { model: small, report } = await compress(model, {
    data,
    budget: { ratio: 2 },
    first: true,
    methods: ['int8'],
    ...quick,
  });
  expect(report).toMatchObject({ heldOut: true, judgedBy: 'labels' });
  expect(report.lessons + report.judged).toBe(600);
  expect(report.recipe.heldOut).toEqual({ share: 0.2, seed: 0 });
  const replayed = await applyRecipe(model, report.recipe, { data });
  expect(Buffer.from(replayed.toBytes()).equals(small.toBytes())).toBe(true);
});

test('sizes are measured against the file that was given', async () => {
  const padded = await Model.load(paddedFile(model));
  const options = {
    data,
    evaluate,
    budget: { ratio: 1.5 },
    first: true,
    methods: ['int8'],
    ...quick,
  } as const;
  const { report } = await compress(padded, options);
  const bytes = report.trials.map(({ measures }) => measures!.bytes.file);
  expect(bytes[0]).toBe(paddedFile(model).length);
  expect(report.notes.join()).not.toContain('no single file');
  const made = (await compress(padded.withGraph(padded.graph), options)).report;
  expect(made.trials.map(({ measures }) => measures!.bytes.file)).toEqual([
    padded.toBytes().length,
    bytes[1],
  ]);
  expect(made.notes.join()).toContain('no single file');
});

test('training after pruning never spoils a candidate: inputs of 0 to 255 ask for another rate', async () => {
  const raw = (lessons: readonly Lesson[]): Lesson[] =>
    lessons.map(({ feeds, ...rest }) => {
      const [[name, { data: values, dims }]] = Object.entries(feeds) as [[string, Tensor]];
      const large = (values as Float32Array).map((v) => 255 * v);
      return { ...rest, feeds: { [name]: new Tensor('float32', large, dims) } };
    });
  const { constants } = model.graph;
  const [first] = [...constants].filter(([, { dims }]) => dims.length === 2);
  const small = f32(
    first![1].dims,
    toNumbers(first![1]).map((v) => v / 255),
  );
  const same = model.withGraph({ ...model.graph, constants: new Map(constants).set(first![0], small) });
  const lessons = raw(data);
  const judged = raw(evaluate);
  const { report } = await compress(same, {
    data: lessons,
    evaluate: judged,
    budget: { maxDrop: 3, ratio: 6 },
    nearest: true,
    methods: ['int8', 'channels'],
    ...quick,
    epochs: 3,
  });
  const candidates = report.trials.filter(({ strategy }) => strategy === 'channels');
  expect(candidates.length).toBeGreaterThan(1);
  for (const { recipe, measures, notes } of candidates) {
    const steps = recipe.steps.filter(({ method }) => method !== 'distill');
    const untrained = await applyRecipe(same, { steps, heldOut: recipe.heldOut }, { data: lessons });
    const { accuracy } = await evaluateModel(untrained, judged, { threads: 1 });
    expect(measures!.accuracy.share).toBeGreaterThan(accuracy - 0.02);
    expect(notes.join(' ')).toMatch(/The learning rate was lowered .* Epoch \d is kept/);
  }
});

test('without labels accuracy is agreement with the original', async () => {
  const { report } = await compress(model, {
    data,
    evaluate: evaluate.map(({ feeds }) => ({ feeds })),
    budget: { ratio: 2 },
    first: true,
    methods: ['int8'],
    ...quick,
  });
  expect(report.judgedBy).toBe('agreement');
  expect(report.trials[0]!.measures!.accuracy.share).toBe(1);
  expect(report.notes.join()).toContain('no labels');
});

test('a journal: what is finished is not done again, what was killed goes on, another search is refused', async () => {
  const journal = join(folder, 'search.jsonl');
  const options = {
    data,
    evaluate,
    budget: { ratio: 2 },
    objective: 'accuracy',
    methods: ['int8'],
    journal,
    ...quick,
  } as const;
  const control = new AbortController();
  let measured = 0;
  const killed = compress(model, {
    ...options,
    signal: control.signal,
    onEvent: ({ event }) => {
      if (event === 'measured' && ++measured === 3) control.abort();
    },
  });
  await expect(killed).rejects.toMatchObject({ code: 'KPT_ABORTED' });
  const { report } = await compress(model, options);
  const remembered = report.trials.filter((trial) => trial.remembered);
  expect(remembered.map(({ number }) => number)).toEqual([0, 1, 2]);
  expect(report.trials.length).toBeGreaterThan(4);
  const lines = readFileSync(journal, 'utf8').trim().split('\n');
  const again = await compress(model, options);
  expect(again.report.trials.every((trial) => trial.remembered)).toBe(true);
  expect(again.report.chosen).toEqual(report.chosen);
  expect(readFileSync(journal, 'utf8').trim().split('\n')).toEqual(lines);
  const kept = `${journal}.models/${report.recipe.made!.sha256}.onnx`;
  const bytes = readFileSync(kept);
  expect(bytes.equals(again.model.toBytes())).toBe(true);
  // What is not the model that the journal knows is made again.
  for (const wrong of [bytes.subarray(0, bytes.length >> 1), Buffer.alloc(0), model.toBytes()]) {
    writeFileSync(kept, wrong);
    const mended = await compress(model, options);
    // Its latency is measured anew, so another trial may be the best now.
    expect(sha256Of(mended.model.toBytes())).toBe(mended.report.recipe.made!.sha256);
    const anew = mended.report.trials.filter((trial) => !trial.remembered);
    expect(anew.map(({ sha256 }) => sha256)).toContain(report.recipe.made!.sha256);
    expect(readFileSync(kept).equals(bytes)).toBe(true);
  }
  await expect(compress(model, { ...options, data: data.slice(1) })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining('data (was '),
  });
});

test('a model in float16 is no candidate for INT8: nothing is made of it, and the trial says why', async () => {
  const { graph } = model;
  const half = <T extends { dtype: string }>(value: T) => ({ ...value, dtype: 'float16' as const });
  const constants = new Map(
    [...graph.constants].map(([name, value]) => [
      name,
      value.dtype === 'float32' ? fromNumbers('float16', value.dims, toNumbers(value)) : value,
    ]),
  );
  const inputs = graph.inputs.map(half);
  const small = model.withGraph({ ...graph, inputs, outputs: graph.outputs.map(half), constants });
  const lessons = data.slice(0, 100).map(({ feeds, label }) => ({
    feeds: Object.fromEntries(
      Object.entries(feeds).map(([name, { dims, data: x }]) => [
        name,
        toTensor(fromNumbers('float16', dims, x as Float32Array)),
      ]),
    ),
    ...(label !== undefined && { label }),
  }));
  const { report } = await compress(small, {
    data: lessons,
    evaluate: lessons,
    budget: { maxDrop: 5 },
    methods: ['int8'],
    ...quick,
  });
  expect(report.trials.map(({ number, failure }) => [number, failure?.code])).toEqual([
    [0, undefined],
    [1, 'KPT_OPTION_INVALID'],
  ]);
  expect(report.trials[1]!.failure!.message).toContain('one in float16');
  expect(report.chosen).toMatchObject({ number: 0 });
});

test.each([40_000, 100_000])('%d minutes are longer than a timer holds, and no end', async (minutes) => {
  const { report } = await compress(model, {
    data,
    evaluate,
    budget: { maxDrop: 5 },
    methods: ['int8'],
    minutes,
    ...quick,
  });
  expect(report.trials[1]!.measures).not.toBeNull();
});

test('a signal ends the search, also while times are measured', async () => {
  const signal = AbortSignal.timeout(1000);
  const options = { data, evaluate, budget: { maxDrop: 5 }, ...quick, latencySeconds: 600, signal };
  await expect(compress(model, options)).rejects.toMatchObject({ code: 'KPT_ABORTED' });
});

test('a time limit ends the search with what there is', async () => {
  const { report } = await compress(model, {
    data,
    evaluate,
    budget: { maxDrop: 50 },
    objective: 'accuracy',
    minutes: 1e-4,
    ...quick,
  });
  expect(report.chosen.number).toBe(0);
  expect(report.skipped.map(({ why }) => why)).toEqual(
    expect.arrayContaining([expect.stringContaining('the time was up')]),
  );
});

test.each([
  ['an empty budget', { budget: {} }, 'budget: it is empty'],
  ['an unknown method', { budget: { maxDrop: 1 }, methods: ['magic'] }, 'expected one of int8'],
  ['an unknown key', { budget: { maxDrop: 1, maxWatts: 3 } }, 'maxWatts'],
])('%s is refused', async (_, options, message) => {
  await expect(compress(model, { data, evaluate, ...options })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining(message),
  });
});

test('what can be read once only, or is quantised already, is refused', async () => {
  const budget = { maxDrop: 1 };
  await expect(compress(model, { data: data.values(), budget })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
  });
  const { model: small } = await compress(model, {
    data,
    evaluate,
    budget: { ratio: 2 },
    first: true,
    methods: ['int8'],
    ...quick,
  });
  await expect(compress(small, { data, budget, ...quick })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining('quantised already'),
  });
});
