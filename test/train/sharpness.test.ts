// Sharpness-aware steps against their own arithmetic: plain steps at the weights and behind the step of length rho, and differences of the
// loss there.
import type { Graph } from '../../lib/graph/graph.js';
import { f32, i64, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { crossEntropy } from '../../lib/train/losses/cross-entropy.js';
import { adam, adamW } from '../../lib/train/optimizers/adam.js';
import { bop } from '../../lib/train/optimizers/bop.js';
import { rmsprop } from '../../lib/train/optimizers/rmsprop.js';
import { sgd } from '../../lib/train/optimizers/sgd.js';
import { compileStep } from '../../lib/train/step.js';
import type { TrainingOptions, TrainingStep } from '../../lib/train/training.js';
import { randomFloats } from '../helpers/random-floats.js';
import { Net } from '../helpers/training-nets.js';

/** Convolution, normalisation, dropout and a dense layer. */
function net(): Graph {
  const made = new Net(3);
  const x = made.g.input('x', 'float32', ['batch', 2, 4, 4]);
  const first = made.relu(made.batchNorm('bn', made.conv('conv', x, 2, 4, 3, 1, 1, false), 4));
  const dropped = made.op('Dropout', [made.pool(first), made.g.constant('ratio', f32([], [0.3]))]);
  return made.build(made.dense('fc', made.op('Flatten', [dropped]), 16, 3));
}

const feeds = new Map([
  ['x', f32([6, 2, 4, 4], randomFloats(6 * 32, 4, 2))],
  ['target', i64([0, 1, 2, 0, 1, 2])],
]);

type State = ReadonlyMap<string, TensorValue>;

const compile = (options: Partial<TrainingOptions> = {}): TrainingStep =>
  compileStep({ graph: net(), loss: crossEntropy(), optimizer: sgd(), batch: 6, threads: 1, ...options });

/** The state and the loss of one step from given parameters. */
function stepFrom(parameters: State, options: Partial<TrainingOptions>, learningRate = 1) {
  const graph = net();
  const step = compile({
    graph: { ...graph, constants: new Map([...graph.constants, ...parameters]) },
    ...options,
  });
  const { loss } = step.run(feeds, { learningRate, progress: 0 });
  const { state, trainable } = step;
  step.release();
  return { loss, state, trainable };
}

const rho = 0.3;

/** Gradients by a plain step with the rate 1. */
function gradientsAt(parameters: State): Map<string, Float64Array> {
  const { state, trainable } = stepFrom(parameters, {});
  return new Map(
    trainable.map((name) => {
      const [before, after] = [toNumbers(parameters.get(name)!), toNumbers(state.get(name)!)];
      return [name, before.map((v, i) => v - after[i]!)];
    }),
  );
}

const start: State = net().constants;
const gradients = gradientsAt(start);
const norm = Math.hypot(...[...gradients.values()].flatMap((values) => [...values]));
const nearby: State = new Map(
  [...start].map(([name, value]) => {
    const gradient = gradients.get(name);
    if (gradient === undefined) return [name, value];
    return [
      name,
      f32(
        value.dims,
        [...toNumbers(value)].map((v, i) => v + (rho / norm) * gradient[i]!),
      ),
    ];
  }),
);

test('the update has the gradients behind a step of length rho along those here', () => {
  const { state, trainable, loss } = stepFrom(start, { sharpness: rho });
  const plain = stepFrom(start, {});
  expect(trainable).toEqual(plain.trainable);
  const behind = gradientsAt(nearby);
  for (const name of trainable) {
    const [before, after] = [toNumbers(start.get(name)!), toNumbers(state.get(name)!)];
    before.forEach((v, i) => {
      expect(v - after[i]!).toBeCloseTo(behind.get(name)![i]!, 4);
    });
  }
  const far = [...behind].some(([name, values]) =>
    values.some((v, i) => Math.abs(v - gradients.get(name)![i]!) > 0.01),
  );
  expect(far).toBe(true);
  // The loss, and the statistics of BatchNormalization, are those of the weights as they are.
  expect(loss).toBe(plain.loss);
  const means = [...state].filter(([name]) => !trainable.includes(name) && name.startsWith('bn'));
  expect(means.length).toBeGreaterThan(0);
  for (const [name, value] of means) expect(value).toEqual(plain.state.get(name));
});

test('and those are the differences of the loss there', () => {
  const { state } = stepFrom(start, { sharpness: rho });
  const lossAt = (name: string, index: number, by: number): number => {
    const value = nearby.get(name)!;
    const moved = f32(
      value.dims,
      [...toNumbers(value)].map((v, i) => (i === index ? v + by : v)),
    );
    return stepFrom(new Map([...nearby, [name, moved]]), {}, 0).loss;
  };
  const h = 1e-2;
  for (const name of ['fc.weight', 'fc.bias', 'conv.weight'])
    for (const index of [0, 2]) {
      const slope = (lossAt(name, index, h) - lossAt(name, index, -h)) / (2 * h);
      const taken = toNumbers(start.get(name)!)[index]! - toNumbers(state.get(name)!)[index]!;
      expect(taken).toBeCloseTo(slope, 2);
    }
});

const optimizers = [sgd({ momentum: 0.9, nesterov: true }), adam(), adamW(), rmsprop(), bop()];

test.each(optimizers.map((optimizer) => [optimizer.name, optimizer] as const))(
  'with %s: nowhere near is here, near is elsewhere, threads decide nothing',
  (_, optimizer) => {
    const run = (sharpness: number | undefined, threads = 1) => {
      const step = compile({
        ...{ optimizer, threads, clipNorm: 0.5, regularizer: { l2: 0.01, groupLasso: 0.01 } },
        ...(sharpness !== undefined && { sharpness }),
      });
      for (let k = 0; k < 3; k++) step.run(feeds, { learningRate: 0.05, progress: 0 });
      const { state } = step;
      step.release();
      return state;
    };
    expect(run(1e-30)).toEqual(run(undefined));
    const near = run(rho);
    expect(near).not.toEqual(run(undefined));
    expect(run(rho, 3)).toEqual(near);
  },
);

test('scales and other parameters without penalties stay where they are', () => {
  const rules = new Map([...start.keys()].map((name) => [name, { penalized: false }] as const));
  expect(stepFrom(start, { sharpness: rho, rules }).state).toEqual(stepFrom(start, {}).state);
  const fixed = new Map([['fc.bias', { penalized: false }] as const]);
  const { state } = stepFrom(start, { sharpness: rho, rules: fixed });
  expect(state).not.toEqual(stepFrom(start, { sharpness: rho }).state);
});
