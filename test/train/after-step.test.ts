// What follows the update of a step: limited norms, cut weights and averages, beside a plain computation; the same bits on any
// number of threads and after an interruption.
import { join } from 'node:path';
import { type FinetuneOptions, finetune } from '../../lib/compress/finetune.js';
import { Model } from '../../lib/model/model.js';
import { i64, type TensorValue } from '../../lib/tensor/tensor.js';
import { crossEntropy } from '../../lib/train/losses/cross-entropy.js';
import { limitNorms } from '../../lib/train/max-norm.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { sgd } from '../../lib/train/optimizers/sgd.js';
import { randomFor } from '../../lib/train/seeds.js';
import { compileStep } from '../../lib/train/step.js';
import type { TrainingOptions, TrainingStep } from '../../lib/train/training.js';
import { folder } from '../helpers/data-files.js';
import { classes, pictures, side } from '../helpers/pictures.js';

const net = () => buildNetwork('small-vgg', { input: [1, side, side], classes, width: 0.125, seed: 3 });
const rate = 0.1;

function stepOf(options: Partial<TrainingOptions> = {}): TrainingStep {
  const { graph } = net();
  return compileStep({
    ...{ graph, loss: crossEntropy(), optimizer: sgd({ momentum: 0.9 }), batch: 8, threads: 1 },
    ...options,
  });
}

function run(step: TrainingStep, number: number): void {
  const random = randomFor(number, 'weights');
  const inputs = new Map<string, TensorValue>(
    step.inputs.map(({ name, dtype, dims }) => {
      const size = dims.reduce((a, b) => a * b, 1);
      return dtype === 'int64'
        ? [
            name,
            i64(
              Array.from({ length: size }, () => Math.floor(classes * random())),
              dims,
            ),
          ]
        : [name, { dtype, dims, data: Float32Array.from({ length: size }, random) } as TensorValue];
    }),
  );
  step.run(inputs, { learningRate: rate, progress: 0 });
}

const dataOf = (state: ReadonlyMap<string, TensorValue>, name: string) =>
  state.get(name)!.data as Float32Array;

test('norms are limited after every update, as one would by hand', () => {
  const most = 0.8;
  const [limited, plain] = [stepOf({ regularizer: { maxNorm: most } }), stepOf()];
  let times = 0;
  for (let k = 0; k < 4; k++) {
    run(limited, k);
    run(plain, k);
    const state = new Map(
      [...plain.state].map(([name, value]) => [name, { ...value, data: value.data.slice() } as TensorValue]),
    );
    // Weights of convolutions and of Gemm with transB: outputs are the first axis.
    for (const name of plain.trainable) {
      const { dims } = state.get(name)!;
      if (dims.length > 1 && limitNorms(dataOf(state, name), dims, 0, most)) times++;
    }
    plain.restore(state);
    expect(limited.state).toEqual(plain.state);
  }
  expect(times).toBeGreaterThan(4);
  limited.release();
  plain.release();
});

test('weights are cut to a magnitude, biases are not', () => {
  const limit = 0.05;
  const step = stepOf({ regularizer: { limit } });
  for (let k = 0; k < 3; k++) run(step, k);
  const { state } = step;
  let atLimit = 0;
  let beyond = 0;
  for (const name of step.trainable) {
    const { dims } = state.get(name)!;
    for (const value of dataOf(state, name))
      if (dims.length > 1) {
        expect(Math.abs(value)).toBeLessThanOrEqual(Math.fround(limit));
        if (Math.abs(value) === Math.fround(limit)) atLimit++;
      } else if (Math.abs(value) > limit) beyond++;
  }
  expect(atLimit).toBeGreaterThan(0);
  expect(beyond).toBeGreaterThan(0);
  step.release();
});

test('averages follow parameters and statistics, and are the model', () => {
  const decay = 0.6;
  const step = stepOf({ average: decay });
  const { graph } = net();
  const means = new Map(
    [...step.state.keys()]
      .filter((name) => graph.constants.has(name))
      .map((name) => [name, Float32Array.from(graph.constants.get(name)!.data as Float32Array)]),
  );
  for (let k = 1; k <= 6; k++) {
    run(step, k);
    const part = 1 - Math.min(decay, (1 + k) / (10 + k));
    for (const [name, mean] of means) {
      const now = dataOf(step.state, name);
      for (let i = 0; i < mean.length; i++) mean[i] = mean[i]! + part * (now[i]! - mean[i]!);
    }
  }
  const trained = step.graph();
  for (const [name, mean] of means) {
    expect(trained.constants.get(name)!.data).toEqual(mean);
    expect(dataOf(step.state, `${name}/average`)).toEqual(mean);
  }
  expect(trained.constants.get(step.trainable[0]!)!.data).not.toEqual(dataOf(step.state, step.trainable[0]!));
  // A state without averages is of another training.
  const plain = stepOf();
  expect(() => step.restore(plain.state)).toThrow(expect.objectContaining({ code: 'KPT_DATA_MALFORMED' }));
  expect(() => plain.restore(step.state)).toThrow(expect.objectContaining({ code: 'KPT_DATA_MALFORMED' }));
  plain.release();
  step.release();
});

const data = pictures(96);
const averaging = {
  ...{ data, epochs: 3, batch: 16, threads: 1, averageWeights: 0.9 },
  regularize: { maxNorm: 1, limit: 0.5, l2: 1e-4 },
} satisfies FinetuneOptions;
const bytes = (model: Model): string => Buffer.from(model.toBytes()).toString('base64');

test.each([
  ['float', {}],
  ['pruned', { prune: { sparsity: 0.5 } }],
] as const)('the number of threads and interruptions do not show in the bits: %s', async (name, more) => {
  const options = { ...averaging, ...more };
  const whole = bytes((await finetune(net(), options)).model);
  expect(bytes((await finetune(net(), { ...options, threads: 2 })).model)).toBe(whole);
  expect(bytes((await finetune(net(), { ...options, averageWeights: undefined })).model)).not.toBe(whole);
  const end = new AbortController();
  const checkpoint = { path: join(folder, `averaged-${name}`), resume: true };
  const onEvent = ({ event }: { readonly event: string }): void => {
    if (event === 'epoch') end.abort();
  };
  const stopped = finetune(net(), { ...options, checkpoint, signal: end.signal, onEvent });
  await expect(stopped).rejects.toMatchObject({ code: 'KPT_ABORTED' });
  const { model } = await finetune(net(), { ...options, checkpoint });
  expect(bytes(model)).toBe(whole);
  expect((await Model.load(model.toBytes())).graph.constants.size).toBe(net().graph.constants.size);
});
