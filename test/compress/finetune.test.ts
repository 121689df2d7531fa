// Quantisation-aware training for users: it learns what rounding took, and what the report says is true of the file.

import type { Tensor } from 'onnxruntime-common';
import { distill } from '../../lib/compress/distill.js';
import { type FinetuneOptions, finetune } from '../../lib/compress/finetune.js';
import type { QatOptions } from '../../lib/compress/qat/options.js';
import { quantize } from '../../lib/compress/quantize-model.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { opKey } from '../../lib/graph/graph.js';
import { Model } from '../../lib/model/model.js';
import { prepareForRun } from '../../lib/passes/pipeline.js';
import { InferenceSession } from '../../lib/session/session.js';
import { toValues } from '../../lib/session/values.js';
import { sizeOf } from '../../lib/tensor/shape.js';
import { f32, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { evaluate } from '../../lib/train/evaluate.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { asItIs } from '../../lib/train/preparation.js';
import type { Lesson } from '../../lib/train/train-model.js';
import { TestGraph } from '../helpers/check-pass.js';
import { onnxruntimeExecutor } from '../helpers/onnxruntime-executor.js';
import { classes, pictures, side } from '../helpers/pictures.js';
import { randomFloats } from '../helpers/random-floats.js';

const shape = { input: [1, side, side], classes } as const;
// Noisy enough that two bits lose what the network has learned.
const data = pictures(200, 1, 1.5);
const judged = pictures(200, 2, 1.5) as Required<Lesson>[];
const run = { data, batch: 16, seed: 1, threads: 1 } as const;

let float: Model;
beforeAll(async () => {
  const net = buildNetwork('small-vgg', { ...shape, width: 0.125, seed: 3 });
  float = (await finetune(net, { ...run, epochs: 6 })).model;
});

const accuracyOf = async (model: Model) => (await evaluate(model, judged, { threads: 1 })).accuracy;
const samples = () => data.map(({ feeds }) => feeds);
const train = (model: Model, options: QatOptions, others: Partial<FinetuneOptions> = {}) =>
  finetune(model, { ...run, epochs: 4, learningRate: 0.01, evaluate: judged, ...others, quantize: options });

async function classesOf(model: Model): Promise<number[]> {
  const session = await InferenceSession.create(model.toBytes(), { intraOpNumThreads: 1 });
  const found: number[] = [];
  for (const { feeds } of judged) {
    const logits = [...((await session.run(feeds)).logits!.data as Float32Array)];
    found.push(logits.indexOf(Math.max(...logits)));
  }
  await session.release();
  return found;
}

const few = { weightBits: 2, activationBits: 2, firstLastBits: null } as const;

test.each(['lsq', 'pact', 'ste'] as const)('%s: two bits learn again what rounding lost', async (method) => {
  const { model: rounded } = await quantize(float, { ...few, rounding: 'nearest', data: samples() });
  const [before, after] = [await accuracyOf(float), await accuracyOf(rounded)];
  const { model, report } = await train(float, { ...few, method });
  const { evaluation } = report.epochs.at(-1)!;
  expect(before).toBeGreaterThan(0.95);
  expect(after).toBeLessThan(0.8);
  expect(evaluation).toBeGreaterThan(after + 0.6 * (before - after));
  expect(await accuracyOf(model)).toBe(evaluation);
});

test('the file has the nodes that quantize writes, runs in integers, and onnxruntime sees the same classes', async () => {
  const options = { weightBits: 4, activationBits: 4 };
  const { model: rounded } = await quantize(float, { ...options, data: samples() });
  const { model, report } = await train(float, options);
  expect(model.graph.nodes).toEqual(rounded.graph.nodes);
  const ops = prepareForRun(model.graph).nodes.map(opKey);
  expect(
    ops.filter((op) => /Conv|MatMul|Gemm/.test(op)).every((op) => /^ai.kompakt:Q|QLinear|QGemm/.test(op)),
  ).toBe(true);
  expect(ops).not.toContain('DequantizeLinear');
  const loaded = await Model.load(model.toBytes());
  const own = await classesOf(loaded);
  expect(own.filter((label, i) => label === judged[i]!.label).length / judged.length).toBe(
    report.epochs.at(-1)!.evaluation,
  );
  const theirs = await onnxruntimeExecutor(loaded.graph);
  const different: number[] = [];
  for (const [i, { feeds }] of judged.entries()) {
    const { data: x, dims } = feeds.input as Tensor;
    const feed: TensorValue = { dtype: 'float32', dims, data: x as Float32Array };
    const logits = [...toNumbers((await theirs(new Map([['input', feed]]))).get('logits')!)];
    if (logits.indexOf(Math.max(...logits)) !== own[i]) different.push(i);
  }
  expect(different).toEqual([]);
});

test('a quantised model is trained as it is, and keeps its bits', async () => {
  const { model: rounded } = await quantize(float, { ...few, rounding: 'nearest', data: samples() });
  const { model, report } = await train(rounded, {});
  expect(report.epochs.at(-1)!.evaluation).toBeGreaterThan((await accuracyOf(rounded)) + 0.1);
  for (const value of model.graph.constants.values())
    if (value.dtype === 'int4') expect(Math.max(...toNumbers(value).map(Math.abs))).toBeLessThanOrEqual(1);
  await expect(train(rounded, { weightBits: 4 })).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
});

test('a quantised student learns from what it was in float32', async () => {
  const { report } = await distill(float, {
    ...run,
    epochs: 4,
    learningRate: 0.01,
    softWeight: 1,
    quantize: few,
    data: data.map(({ feeds }) => ({ feeds })),
    evaluate: judged,
  });
  expect(report.epochs.at(-1)!.evaluation).toBeGreaterThan(0.8);
});

test('weight decay makes the ranges of pact smaller', async () => {
  const rangesOf = async (l2: number): Promise<readonly number[]> => {
    const { model } = await train(
      float,
      { method: 'pact' },
      { regularize: { l2 }, evaluate: judged, epochs: 2 },
    );
    return model.graph.nodes
      .filter(({ op, inputs }) => op === 'QuantizeLinear' && inputs[0] !== 'input')
      .map(({ inputs }) => toNumbers(model.graph.constants.get(inputs[1]!)!)[0]!);
  };
  const [plain, decayed] = [await rangesOf(0), await rangesOf(0.05)];
  const shrunk = decayed.map((scale, i) => scale / plain[i]!);
  expect(shrunk.reduce((a, b) => a + b) / shrunk.length).toBeLessThan(0.97);
});

test('statistics that are taken anew are those of the quantised model', async () => {
  const g = new GraphBuilder('norm behind an activation');
  const weight = (dims: number[], seed: number) =>
    g.constant('w', f32(dims, randomFloats(sizeOf(dims), seed)));
  const four = (value: number) => g.constant('c', f32([4], new Float32Array(4).fill(value)));
  const x = g.input('input', 'float32', ['N', 1, side, side]);
  const active = g.node('Relu', g.node('Conv', [x, weight([4, 1, 3, 3], 1)]))[0]!;
  const [normal] = g.node(
    'BatchNormalization',
    [active, four(1), four(0), four(0.5), four(1)],
    {},
    {
      name: 'norm',
    },
  );
  const pooled = g.node('GlobalAveragePool', g.node('Relu', [normal!]))[0]!;
  const [y] = g.node('Gemm', [g.node('Flatten', [pooled])[0]!, weight([4, classes], 2)]);
  g.output(y!, 'float32', ['N', classes]);
  const model = new Model(g.build());
  const meansOf = async (options: Partial<FinetuneOptions>): Promise<readonly number[]> => {
    const still = { ...run, epochs: 1, learningRate: 1e-30, batchNormBatches: 12 };
    const { graph } = (await finetune(model, { ...still, ...options })).model;
    const { inputs } = graph.nodes.find(({ op }) => op === 'BatchNormalization')!;
    return [...toNumbers(graph.constants.get(inputs[3]!)!)];
  };
  const floats = await meansOf({});
  for (const [c, mean] of (await meansOf({ quantize: {} })).entries()) {
    expect(Math.abs(mean - floats[c]!)).toBeLessThan(0.03 * floats[c]!);
    expect(Math.abs(mean - 0.5)).toBeGreaterThan(0.05);
  }
});

test('equal seeds give equal files, on any number of threads', async () => {
  const [a, b] = [1, 2].map((threads) => train(float, few, { epochs: 1, threads }));
  expect(Buffer.compare((await a!).model.toBytes(), (await b!).model.toBytes())).toBe(0);
});

test.each(['lsq', 'pact', 'ste'] as const)(
  '%s: learns behind values that are never positive',
  async (method) => {
    const g = new TestGraph(['N', 1, side, side]);
    const a = g.op('Min', [g.conv(g.x, 4, 1), g.number(0)]);
    const flat = g.op('Flatten', [a]);
    const b = g.op('Neg', [
      g.op('Relu', [g.op('Gemm', [flat, g.weights(4 * (side - 2) ** 2, 8), g.weights(1, 8)])]),
    ]);
    const net = new Model(g.done(g.op('Gemm', [b, g.weights(8, classes), g.weights(1, classes)])));
    const data = pictures(64, 3).map(({ feeds, ...rest }) => ({
      ...rest,
      feeds: { x: Object.values(feeds)[0]! },
    }));
    const { model, report } = await finetune(net, {
      ...run,
      data,
      epochs: 8,
      learningRate: 0.02,
      quantize: { method },
    });
    expect(report.epochs.at(-1)!.loss).toBeLessThan(report.epochs[0]!.loss);
    const [own, theirs] = [
      await evaluate(model, data as Required<Lesson>[], { threads: 1 }),
      await onnxruntimeExecutor(model.graph),
    ];
    let right = 0;
    for (const { feeds, label } of data) {
      const [y] = [...(await theirs(toValues(feeds))).values()];
      const scores = [...toNumbers(y!)];
      if (scores.indexOf(Math.max(...scores)) === label) right++;
    }
    expect(Math.abs(right - own.right)).toBeLessThanOrEqual(2);
  },
);

test('bad options are refused', async () => {
  for (const options of [{ weightBits: 1 }, { method: 'magic' }, { colour: 'red' }])
    await expect(train(float, options as QatOptions)).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
  await expect(distill(float, { ...run })).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
  for (const other of [{ residualRank: 2 }, { prepare: asItIs }])
    await expect(train(float, few, other)).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringContaining(`quantize and ${Object.keys(other)[0]}`),
    });
});
