// Magnitude pruning in one shot, and while a model is fine-tuned, distilled and quantised: zeros stay zeros, and what is left
// learns to do without the others.
import { join } from 'node:path';
import { distill } from '../../lib/compress/distill.js';
import { type FinetuneOptions, finetune } from '../../lib/compress/finetune.js';
import { sparsityOf } from '../../lib/compress/prune/report.js';
import { prune } from '../../lib/compress/prune-model.js';
import { quantize } from '../../lib/compress/quantize-model.js';
import { GraphEditor } from '../../lib/graph/rewrite.js';
import { Model } from '../../lib/model/model.js';
import { f32, fromNumbers, toNumbers } from '../../lib/tensor/tensor.js';
import { evaluate } from '../../lib/train/evaluate.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import type { Lesson } from '../../lib/train/train-model.js';
import { folder } from '../helpers/data-files.js';
import { onnxruntimeExecutor } from '../helpers/onnxruntime-executor.js';
import { classes, pictures, side } from '../helpers/pictures.js';

const shape = { input: [1, side, side], classes } as const;
const data = pictures(200, 1, 1.5);
const judged = pictures(200, 2, 1.5) as Required<Lesson>[];
const run = { data, batch: 16, seed: 1, threads: 1 } as const;

let dense: Model;
let student: Model;
beforeAll(async () => {
  const net = buildNetwork('small-vgg', { ...shape, width: 0.125, seed: 3 });
  dense = (await finetune(net, { ...run, epochs: 6 })).model;
  ({ model: student } = await prune(dense, { sparsity: 0.9 }));
});

const accuracyOf = async (model: Model) => (await evaluate(model, judged, { threads: 1 })).accuracy;
const train = (model: Model, options: Partial<FinetuneOptions>) =>
  finetune(model, { ...run, epochs: 4, learningRate: 0.02, ...options });
/** Where the weights of float layers are 0. */
const zerosIn = (model: Model): string[] =>
  [...model.graph.constants].flatMap(([name, value]) =>
    value.dims.length < 2 ? [] : [...toNumbers(value)].flatMap((v, i) => (v === 0 ? [`${name} ${i}`] : [])),
  );

test.each([{ sparsity: 0.5 }, { channels: { share: 0.5 } }])(
  'weights in float16 are refused, and named: %j',
  async (options) => {
    const constants = new Map(
      [...dense.graph.constants].map(([name, value]) => [
        name,
        value.dtype === 'float32' ? fromNumbers('float16', value.dims, toNumbers(value)) : value,
      ]),
    );
    await expect(prune(dense.withGraph({ ...dense.graph, constants }), options)).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringMatching(
        /weights in float32 to prune but received one in float16: node '.+' \(Conv\)/,
      ),
    });
  },
);

test('one shot: as many zeros as asked for, the least weights of each layer, the rest as it was', async () => {
  const { report } = await prune(dense, { sparsity: 0.6, evaluate: judged });
  expect(report.sparsity).toBeCloseTo(0.6, 3);
  expect(report.accuracyBefore).toBe(await accuracyOf(dense));
  expect(report.bytesAfter.deflated).toBeLessThan(0.7 * report.bytesBefore.deflated);
  for (const [name, value] of student.graph.constants) {
    const [before, after] = [toNumbers(dense.graph.constants.get(name)!), toNumbers(value)];
    const changed = [...before.keys()].filter((i) => before[i] !== after[i]);
    expect(changed.every((i) => after[i] === 0 && value.dims.length > 1)).toBe(true);
    const largestGone = changed.reduce((most, i) => Math.max(most, Math.abs(before[i]!)), 0);
    const leastLeft = after.reduce((least, v) => (v === 0 ? least : Math.min(least, Math.abs(v))), Infinity);
    expect(largestGone).toBeLessThanOrEqual(leastLeft);
  }
});

test('layers are chosen by name', async () => {
  const names = sparsityOf(dense.graph).layers.map(({ name }) => name);
  const sparse = async (layers: { keep?: string[]; only?: string[] }): Promise<string[]> =>
    (await prune(dense, { sparsity: 0.5, layers })).report.layers
      .filter(({ zeros, weights }) => zeros > 0.1 * weights)
      .map(({ name }) => name);
  expect(await sparse({ only: [names[1]!] })).toEqual([names[1]]);
  expect(await sparse({ keep: [names[0]!] })).not.toContain(names[0]);
  await expect(prune(dense, { sparsity: 0.5, layers: { keep: ['nobody'] } })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
  });
  await expect(prune(dense, { sparsity: 1 })).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
});

test('step by step while it is trained, a model loses far less than in one shot', async () => {
  const [before, after] = [await accuracyOf(dense), await accuracyOf(student)];
  const { model, report } = await train(dense, { prune: { sparsity: 0.9 }, epochs: 6, evaluate: judged });
  expect(after).toBeLessThan(before - 0.3);
  expect(report.sparsity!.sparsity).toBeCloseTo(0.9, 3);
  expect(sparsityOf(model.graph)).toEqual(report.sparsity);
  expect(report.epochs.at(-1)!.evaluation).toBeGreaterThan(before - 0.1);
  expect(await accuracyOf(model)).toBe(report.epochs.at(-1)!.evaluation);
  expect(model.graph.nodes).toEqual(dense.graph.nodes);
});

test.each(['adam', { name: 'sgd', momentum: 0.9 }] as const)(
  'a pruned student that is taught keeps exactly its zeros (%p)',
  async (optimizer) => {
    const { model, report } = await distill(student, {
      ...run,
      epochs: 4,
      optimizer,
      regularize: { l2: 1e-4 },
      teacher: dense,
      prune: { sparsity: 'kept' },
      evaluate: judged,
    });
    expect(zerosIn(model)).toEqual(zerosIn(student));
    expect(report.epochs.at(-1)!.evaluation).toBeGreaterThan((await accuracyOf(student)) + 0.2);
  },
);

test('taught by itself, as it was, while it is pruned', async () => {
  const { model, report } = await distill(dense, {
    ...run,
    epochs: 6,
    learningRate: 0.02,
    softWeight: 1,
    prune: { sparsity: 0.85, distribution: 'erk' },
    evaluate: judged,
  });
  expect(sparsityOf(model.graph).sparsity).toBeCloseTo(0.85, 2);
  expect(report.epochs.at(-1)!.evaluation).toBeGreaterThan((await accuracyOf(dense)) - 0.1);
});

test('pruned and quantised in one training, taught as well: the integers have the zeros', async () => {
  const few = { weightBits: 4, activationBits: 4 } as const;
  const { model, report } = await distill(dense, {
    ...run,
    epochs: 6,
    teacher: dense,
    quantize: few,
    prune: { sparsity: 0.8 },
    evaluate: judged,
  });
  const { model: rounded } = await quantize(dense, { ...few, data: data.map(({ feeds }) => feeds) });
  expect(model.graph.nodes).toEqual(rounded.graph.nodes);
  // Small weights become 0 by rounding too.
  expect(report.sparsity!.sparsity).toBeGreaterThanOrEqual(0.799);
  expect(report.epochs.at(-1)!.evaluation).toBeGreaterThan((await accuracyOf(dense)) - 0.1);
  const loaded = await Model.load(model.toBytes());
  expect(await accuracyOf(loaded)).toBe(report.epochs.at(-1)!.evaluation);
  const theirs = await onnxruntimeExecutor(loaded.graph);
  const { input } = judged[0]!.feeds;
  const fed = { dtype: 'float32', dims: input!.dims, data: input!.data as Float32Array } as const;
  expect(toNumbers((await theirs(new Map([['input', fed]]))).get('logits')!)).toHaveLength(classes);
});

test('a quantised sparse model is trained on with its zeros', async () => {
  const { model: rounded } = await quantize(student, { data: data.map(({ feeds }) => feeds) });
  const before = sparsityOf(rounded.graph);
  const { report } = await train(rounded, { quantize: {}, prune: { sparsity: 'kept' } });
  report.sparsity!.layers.forEach(({ zeros }, i) => {
    expect(zeros).toBeGreaterThanOrEqual(before.layers[i]!.zeros);
  });
  const free = await train(rounded, { quantize: {} });
  expect(sparsityOf(free.model.graph).sparsity).toBeLessThan(0.8);
});

const sizeOfScale = (name: string): number => dense.graph.constants.get(name)!.data.length;

test.each([
  [1, {}],
  [2, {}],
  [3, { begin: 0.5, end: 1 }],
  [12, { end: 1 }],
] as const)('%i steps end with the zeros asked for: %j', async (steps, ramp) => {
  const few = { epochs: 1, data: data.slice(0, 16 * steps), evaluate: judged };
  const { model, report } = await train(dense, { ...few, prune: { sparsity: 0.9, ...ramp } });
  expect(report.steps).toBe(steps);
  expect(report.sparsity!.sparsity).toBeCloseTo(0.9, 3);
  expect(await accuracyOf(model)).toBe(report.epochs.at(-1)!.evaluation);
});

test('averages of weights have the zeros of the last ones', async () => {
  const short = { epochs: 2, prune: { sparsity: 0.8 } } as const;
  const [last, averaged] = [
    (await train(dense, short)).model,
    await train(dense, { ...short, averageWeights: 0.9, evaluate: judged }),
  ];
  expect(averaged.report.sparsity!.sparsity).toBeCloseTo(0.8, 3);
  expect(zerosIn(averaged.model)).toEqual(zerosIn(last));
  expect(averaged.model.graph.constants).not.toEqual(last.graph.constants);
  expect(await accuracyOf(averaged.model)).toBe(averaged.report.epochs.at(-1)!.evaluation);
  const anew = await train(dense, { ...short, averageWeights: 0.9, batchNormBatches: 4 });
  expect(zerosIn(anew.model)).toEqual(zerosIn(last));
});

test('a sharpness-aware step has the masks of the weights', async () => {
  const sharp = { epochs: 2, prune: { sparsity: 0.8 }, sharpness: 0.05, evaluate: judged } as const;
  const { model, report } = await train(dense, sharp);
  expect(report.sparsity!.sparsity).toBeCloseTo(0.8, 3);
  expect(await accuracyOf(model)).toBe(report.epochs.at(-1)!.evaluation);
  const kept = await train(student, { ...sharp, prune: { sparsity: 'kept' } });
  expect(zerosIn(kept.model)).toEqual(zerosIn(student));
  for (const method of ['lsq', 'pact', 'ste'] as const)
    expect((await train(dense, { ...sharp, epochs: 1, quantize: { method } })).report.steps).toBe(12);
});

test('continued before its last step, a run ends with the same bits', async () => {
  const short = { epochs: 2, data: data.slice(0, 64), prune: { sparsity: 0.9, end: 1 } } as const;
  const { model: whole } = await train(dense, short);
  const checkpoint = { path: join(folder, 'pruned'), resume: true };
  const end = new AbortController();
  const stopped = train(dense, {
    ...short,
    checkpoint,
    signal: end.signal,
    onEvent: (event) => event.event === 'step' && event.step === 7 && end.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ code: 'KPT_ABORTED' });
  const { model } = await train(dense, { ...short, checkpoint });
  expect(Buffer.compare(model.toBytes(), whole.toBytes())).toBe(0);
});

/** Statistics of the first BatchNormalization behind a layer that is pruned: [mean, variance]. */
const statisticsOf = ({ graph }: Model): readonly Float64Array[] => {
  const node = graph.nodes.filter(({ op }) => op === 'BatchNormalization')[1]!;
  return [3, 4].map((i) => toNumbers(graph.constants.get(node.inputs[i]!)!));
};

test.each([{ sparsity: 0.8 }, { sparsity: 'kept' }] as const)(
  'statistics that are taken anew are those of the pruned model: %j',
  async (sparse) => {
    const options = { epochs: 2, batchNormBatches: 12, prune: sparse } as const;
    const { model } = await train(dense, options);
    expect([...model.graph.constants.keys()]).toEqual([...dense.graph.constants.keys()]);
    expect((await Model.load(model.toBytes())).graph.nodes).toEqual(model.graph.nodes);
    // The same batches through the pruned model itself.
    const { model: again } = await train(model, {
      epochs: 2,
      learningRate: 1e-30,
      batchNormBatches: 12,
    });
    const own = statisticsOf(model).flatMap((values) => [...values]);
    for (const [i, v] of statisticsOf(again)
      .flatMap((values) => [...values])
      .entries())
      expect(v).toBeCloseTo(own[i]!, 4);
    const { model: trailing } = await train(dense, { ...options, batchNormBatches: 0 });
    expect(statisticsOf(trailing)).not.toEqual(statisticsOf(model));
  },
);

test('layers that share statistics have their own once those are taken anew', async () => {
  const norms = dense.graph.nodes.filter(({ op }) => op === 'BatchNormalization');
  const twins = norms.filter(({ inputs }) => sizeOfScale(inputs[1]!) === sizeOfScale(norms[0]!.inputs[1]!));
  const [first, second] = twins;
  const nodes = dense.graph.nodes.map((node) =>
    node === second ? { ...node, inputs: [...node.inputs.slice(0, 3), ...first!.inputs.slice(3)] } : node,
  );
  const shared = dense.withGraph(new GraphEditor({ ...dense.graph, nodes }).finish());
  const { model } = await train(shared, { epochs: 1, batchNormBatches: 4, prune: { sparsity: 0.5 } });
  const [one, other] = [first!, second!].map(({ name }) => {
    const { inputs } = model.graph.nodes.find((node) => node.name === name)!;
    return model.graph.constants.get(inputs[3]!)!.data;
  });
  expect(one).not.toEqual(other);
  expect(one).not.toEqual(dense.graph.constants.get(first!.inputs[3]!)!.data);
});

test('a constant that nothing needs is no obstacle', async () => {
  const constants = new Map(dense.graph.constants).set('nobody', f32([2], [1, 2]));
  const model = dense.withGraph({ ...dense.graph, constants });
  const { model: taught } = await distill(model, { ...run, epochs: 1, prune: { sparsity: 0.5 } });
  expect(sparsityOf(taught.graph).sparsity).toBeGreaterThan(0.4);
  expect([...taught.graph.constants.values()]).not.toContain(undefined);
  expect((await Model.load(taught.toBytes())).graph.nodes).toEqual(model.graph.nodes);
});

test('options that do not go together are refused', async () => {
  const code = { code: 'KPT_OPTION_INVALID' };
  const sparse = { sparsity: 0.5 };
  await expect(train(dense, { prune: sparse, residualRank: 1 })).rejects.toMatchObject(code);
  await expect(
    train(dense, { prune: sparse, earlyStopping: { patience: 1 }, evaluate: judged }),
  ).rejects.toMatchObject(code);
  await expect(train(dense, { prune: { ...sparse, begin: 0.9, end: 0.1 } })).rejects.toMatchObject(code);
  await expect(train(dense, { prune: { ...sparse, distribution: 'fair' } })).rejects.toMatchObject(code);
});
