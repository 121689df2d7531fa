// Fine-tuning end to end: it learns, equal seeds give equal files, and options do what they say.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { freezeGraph, type Node } from '../../lib/graph/graph.js';
import { Model } from '../../lib/model/model.js';
import { f32, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { evaluate } from '../../lib/train/evaluate.js';
import { type FinetuneOptions, finetune } from '../../lib/train/finetune.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { folder } from '../helpers/data-files.js';
import { onnxruntimeExecutor } from '../helpers/onnxruntime-executor.js';
import { classes, pictures, side } from '../helpers/pictures.js';

const shape = { input: [1, side, side], classes } as const;
const dense = (width = 0.05) => buildNetwork('lenet-300-100', { ...shape, width, seed: 3 });
const convolutional = () => buildNetwork('small-vgg', { ...shape, width: 0.125, seed: 3 });
const data = pictures(200);
const judged = pictures(100, 2) as Required<Pick<(typeof data)[0], 'feeds' | 'label'>>[];

const train = (model: Model, options: Partial<FinetuneOptions> = {}) =>
  finetune(model, { data, epochs: 6, batch: 16, seed: 1, threads: 1, ...options });

const bytes = (model: Model): string => Buffer.from(model.toBytes()).toString('base64');

test.each([
  ['sgd', dense()],
  [{ name: 'sgd', momentum: 0.9, nesterov: true }, dense()],
  ['adam', dense()],
  ['adamw', dense()],
  ['rmsprop', dense()],
  ['sgd', convolutional()],
] as [FinetuneOptions['optimizer'], Model][])('it learns: %j', async (optimizer, model) => {
  const before = (await evaluate(model, judged, { threads: 1 })).accuracy;
  const rate = optimizer === 'sgd' ? {} : { learningRate: typeof optimizer === 'object' ? 0.05 : 0.01 };
  const { model: trained, report } = await train(model, { optimizer, evaluate: judged, ...rate });
  expect(before).toBeLessThan(0.7);
  expect(report.epochs.at(-1)!.evaluation).toBeGreaterThan(0.95);
  expect(report.epochs.at(-1)!.loss).toBeLessThan(0.5 * report.epochs[0]!.loss);
  const { accuracy } = await evaluate(trained, judged, { threads: 1 });
  expect(accuracy).toBe(report.epochs.at(-1)!.evaluation);
});

test('the result is ordinary ONNX: the nodes of the model, and onnxruntime is as often right', async () => {
  const model = convolutional();
  const { model: trained, report } = await train(model, { evaluate: judged });
  expect(trained.graph.nodes.map(({ op }) => op)).toEqual(model.graph.nodes.map(({ op }) => op));
  expect(trained.graph.inputs).toEqual(model.graph.inputs);
  const theirs = await onnxruntimeExecutor((await Model.load(trained.toBytes())).graph);
  let right = 0;
  for (const { feeds, label } of judged) {
    const { data: x, dims } = feeds.input!;
    const feed: TensorValue = { dtype: 'float32', dims, data: x as Float32Array };
    const logits = [...toNumbers((await theirs(new Map([['input', feed]]))).get('logits')!)];
    if (logits.indexOf(Math.max(...logits)) === label) right++;
  }
  expect(right / judged.length).toBe(report.epochs.at(-1)!.evaluation);
});

test('the seed decides the bits, the number of threads does not', async () => {
  const options = { epochs: 2, augment: { shift: 1, noise: 0.1 } };
  const [one, again, two, other] = [
    await train(convolutional(), options),
    await train(convolutional(), options),
    await train(convolutional(), { ...options, threads: 2 }),
    await train(convolutional(), { ...options, seed: 2 }),
  ];
  expect(bytes(again.model)).toBe(bytes(one.model));
  expect(bytes(two.model)).toBe(bytes(one.model));
  expect(bytes(other.model)).not.toBe(bytes(one.model));
});

test('aborted and resumed, the model has the same bits', async () => {
  const whole = await train(convolutional(), { epochs: 3, optimizer: 'adam' });
  for (const stop of [3, 12, 20]) {
    const path = join(folder, `finetune-${stop}`);
    const end = new AbortController();
    const options = { epochs: 3, optimizer: 'adam' as const, checkpoint: { path, resume: true } };
    await expect(
      train(convolutional(), {
        ...options,
        signal: end.signal,
        onEvent: (event) => event.event === 'step' && event.step === stop && end.abort(),
      }),
    ).rejects.toMatchObject({ code: 'KPT_ABORTED' });
    const rest = await train(convolutional(), options);
    expect(bytes(rest.model)).toBe(bytes(whole.model));
  }
});

test('with sharpness too, and a checkpoint without is refused', async () => {
  const options = { epochs: 3, optimizer: 'adam', learningRate: 0.01, sharpness: 0.05 } as const;
  const whole = await train(convolutional(), { ...options, evaluate: judged });
  expect(whole.report.epochs.at(-1)!.evaluation).toBeGreaterThan(0.9);
  const { sharpness: _, ...plain } = options;
  expect(bytes((await train(convolutional(), plain)).model)).not.toBe(bytes(whole.model));
  const path = join(folder, 'finetune-sharp');
  const end = new AbortController();
  const stopped = train(convolutional(), {
    ...{ ...options, checkpoint: { path, resume: true }, signal: end.signal },
    onEvent: (event) => event.event === 'step' && event.step === 14 && end.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ code: 'KPT_ABORTED' });
  const again = { ...options, threads: 2, checkpoint: { path, resume: true } };
  await expect(train(convolutional(), { ...again, sharpness: 0.1 })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
  });
  expect(bytes((await train(convolutional(), again)).model)).toBe(bytes(whole.model));
});

test('a checkpoint of another model or other options is refused', async () => {
  const path = join(folder, 'finetune-other');
  const checkpoint = { path, resume: true };
  await train(dense(), { epochs: 1, checkpoint });
  for (const [model, options] of [
    [dense(0.06), { epochs: 1 }],
    [dense(), { epochs: 2 }],
    [dense(), { epochs: 1, loss: { name: 'cross-entropy', smoothing: 0.1 } as const }],
  ] as const)
    await expect(train(model, { ...options, checkpoint })).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
    });
});

test('only the parameters that a pattern names are trained', async () => {
  const model = dense();
  const { model: trained } = await train(model, { train: ['^dense6'], epochs: 1 });
  for (const [name, { data: values }] of model.graph.constants) {
    if (name.startsWith('dense6')) expect(trained.graph.constants.get(name)!.data).not.toEqual(values);
    else expect(trained.graph.constants.get(name)!.data).toEqual(values);
  }
  await expect(train(model, { train: ['nothing'] })).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
});

describe('a model with a second output, which has no loss', () => {
  const base = dense().graph;
  const hidden = base.nodes.at(-1)!.inputs[0]!;
  const { dims } = base.constants.get('dense6.weight')!;
  const branch: Node[] = [
    { ...base.nodes.at(-1)!, name: 'side', inputs: [hidden, 'side.weight'], outputs: ['side.out'] },
    { ...base.nodes.at(-1)!, name: 'end', inputs: ['side.out', 'end.weight'], outputs: ['other'] },
  ];
  const model = new Model(
    freezeGraph({
      ...base,
      nodes: [...base.nodes, ...branch],
      outputs: [...base.outputs, { name: 'other', dtype: 'float32', dims: ['N', 2] }],
      constants: new Map([
        ...base.constants,
        ['side.weight', f32([3, dims[1]!], new Float32Array(3 * dims[1]!).fill(0.1))],
        ['end.weight', f32([2, 3], new Float32Array(6).fill(0.1))],
      ]),
    }),
  );

  test.each([{ train: ['.*'] }, { train: ['weight$'], regularize: { l2: 0.1 } }, { residualRank: 1 }, {}])(
    'is trained where the loss reaches: %j',
    async (options) => {
      const { model: trained } = await train(model, { epochs: 1, ...options });
      const weightOf = (name: string): Float64Array => {
        const { inputs } = trained.graph.nodes.find((node) => node.name === name)!;
        return toNumbers(trained.graph.constants.get(inputs[1]!)!);
      };
      for (const name of ['side', 'end'])
        expect(weightOf(name).every((v) => v === Math.fround(0.1))).toBe(true);
      expect(weightOf('dense6')).not.toEqual(toNumbers(base.constants.get('dense6.weight')!));
    },
  );

  test('and what is named alone is told to be out of reach', async () => {
    for (const [patterns, message] of [
      [['^side.weight$'], "depends on none of 'side.weight'"],
      [['^dense', '^end'], 'does not depend on any parameter that matches /^end/'],
    ] as const)
      await expect(train(model, { train: [...patterns] })).rejects.toMatchObject({
        code: 'KPT_OPTION_INVALID',
        message: expect.stringContaining(message),
      });
  });
});

test('a residual of low rank learns another task and leaves a graph like that of the source', async () => {
  const { model: source } = await train(dense(0.2));
  const turned = data.map(({ feeds, label }) => ({ feeds, label: (label! + 1) % classes }));
  const { model: target, report } = await train(source, {
    data: turned,
    residualRank: 3,
    epochs: 15,
    learningRate: 0.02,
  });
  expect(report.epochs[0]!.accuracy).toBeLessThan(0.7);
  expect(report.epochs.at(-1)!.accuracy).toBeGreaterThan(0.9);
  expect(target.graph.nodes.map(({ op }) => op)).toEqual(source.graph.nodes.map(({ op }) => op));
  expect(target.graph.constants.size).toBe(source.graph.constants.size);
  const judgedTurned = judged.map(({ feeds, label }) => ({ feeds, label: (label + 1) % classes }));
  expect((await evaluate(target, judgedTurned, { threads: 1 })).accuracy).toBeGreaterThan(0.9);
});

test('beside a residual everything of the source stays, the statistics of BatchNormalization too', async () => {
  const { model: source } = await train(convolutional(), { epochs: 2 });
  const far = { learningRate: 1e-30, residualRank: 1, epochs: 1 };
  const { model: same } = await train(source, far);
  const before = await evaluate(source, judged, { threads: 1 });
  expect(await evaluate(same, judged, { threads: 1 })).toEqual(before);
  expect(same.graph.nodes.map(({ op }) => op)).not.toContain('BatchNormalization');
});

test('targets other than labels: mean squared error', async () => {
  const lessons = data.map(({ feeds, label }) => ({
    feeds,
    targets: {
      target: new Tensor(
        'float32',
        [0, 1, 2, 3].map((c) => (c === label ? 2 : -1)),
        [1, 4],
      ),
    },
  }));
  const { report, model } = await train(dense(), {
    data: lessons,
    loss: 'mean-squared-error',
    learningRate: 0.02,
  });
  expect(report.epochs[0]!.accuracy).toBeNull();
  expect(report.epochs.at(-1)!.loss).toBeLessThan(0.3 * report.epochs[0]!.loss);
  expect((await evaluate(model, judged, { threads: 1 })).accuracy).toBeGreaterThan(0.9);
});

test('statistics of BatchNormalization are taken anew when asked for', async () => {
  const [plain, anew] = [
    await train(convolutional(), { epochs: 1 }),
    await train(convolutional(), { epochs: 1, batchNormBatches: 8 }),
  ];
  const norm = plain.model.graph.nodes.find(({ op }) => op === 'BatchNormalization')!;
  const statistics = ({ graph }: Model) =>
    graph.constants.get(graph.nodes.find(({ name }) => name === norm.name)!.inputs[4]!);
  expect(statistics(anew.model)!.data).not.toEqual(statistics(plain.model)!.data);
  const weight = (model: Model) => model.graph.constants.get('conv1.weight')!.data;
  expect(weight(anew.model)).toEqual(weight(plain.model));
});

test('a checkpoint of other samples is refused, as many as they may be', async () => {
  const checkpoint = { path: join(folder, 'other.safetensors'), resume: true };
  await train(dense(), { epochs: 1, checkpoint });
  const other = { epochs: 1, checkpoint, data: pictures(200, 9) };
  await expect(train(dense(), other)).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringMatching(/other options: data \(was "[0-9a-f]{16}", is "[0-9a-f]{16}"\);/),
  });
  expect((await train(dense(), { epochs: 1, checkpoint })).report.epochs).toHaveLength(1);
});

test('the log and the curves are written', async () => {
  const [log, curves] = [join(folder, 'run.jsonl'), join(folder, 'run.html')];
  await train(dense(), { epochs: 2, log, curves, evaluate: judged });
  const events = readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).event);
  expect(events.filter((event) => event === 'epoch')).toHaveLength(2);
  expect(readFileSync(curves, 'utf8')).toContain('<td>2</td>');
});

test.each([
  [{ epochs: 0 }, /epochs/],
  [{ epoch: 3 }, /epoch/],
  [{ optimizer: 'sgdd' }, /optimizer/],
  [{ optimizer: { name: 'adam', beta3: 1 } }, /optimizer/],
  [{ schedule: { name: 'step', milestones: [2] } }, /schedule/],
  [{ augment: { rotate: 1 } }, /augment/],
  [{ train: ['('] }, /train/],
  [{ loss: 'hinge' }, /loss/],
])('options %j are refused', async (options, message) => {
  await expect(train(dense(), options as FinetuneOptions)).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringMatching(message),
  });
});

test('a batch that nobody asked for is 64 samples, or all where there are fewer', async () => {
  const few = { data: data.slice(0, 20), epochs: 2, seed: 1, threads: 1 };
  const { model, report } = await finetune(dense(), few);
  expect(report).toMatchObject({ steps: 2 });
  expect(bytes(model)).toBe(bytes((await finetune(dense(), { ...few, batch: 20 })).model));
  expect((await finetune(dense(), { ...few, data })).report).toMatchObject({ steps: 2 * 3 });
  await expect(finetune(dense(), { ...few, batch: 64 })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining('at most 20 samples'),
  });
});

test('labels outside of the classes, inputs that are not there', async () => {
  const wrongLabel = { ...data[0]!, label: classes };
  for (const [lessons, name] of [
    [
      [data[0]!, { ...data[0]!, label: 0.5 }],
      'sample 1, as the model tells 4 classes apart, but received 0.5',
    ],
    [[data[0]!, wrongLabel], 'sample 1, as'],
    [[{ ...wrongLabel, name: 'a.jpg' }], "sample 'a.jpg', as"],
  ] as const)
    await expect(train(dense(), { data: lessons })).rejects.toMatchObject({
      code: 'KPT_DATA_MALFORMED',
      message: expect.stringContaining(name),
    });
  const wrong = Array.from({ length: 16 }, () => ({ label: 0, feeds: { other: data[0]!.feeds.input! } }));
  await expect(train(dense(), { data: wrong })).rejects.toMatchObject({ code: 'KPT_INPUT_MISSING' });
});
