// Losses, optimisers, and operators in training mode.
import { attr } from '../../lib/graph/attribute.js';
import { f32, fromNumbers, i64, toNumbers } from '../../lib/tensor/tensor.js';
import { expectAgreement, positive, random, referenceOf } from '../helpers/one-node.js';
import { training } from '../helpers/training-node.js';

const labels = i64([0, 2, 1, 2, 0, 1, 1, 0], [2, 4]);

describe.each(['NegativeLogLikelihoodLoss', 'SoftmaxCrossEntropyLoss'])('%s', (op) => {
  test.each([
    ['none', undefined, false],
    ['sum', 1, false],
    ['mean', undefined, true],
    ['mean', 2, true],
  ])('reduction %s, ignoring %s, weights %s', (reduction, ignored, weighted) =>
    expectAgreement({
      op,
      inputs: [random('float32', [2, 3, 4]), labels, ...(weighted ? [positive([3])] : [])],
      attributes: {
        reduction: attr.string(reduction),
        ...(ignored !== undefined && { ignore_index: attr.int(ignored) }),
      },
      tolerance: 1e-5,
    }),
  );
  test('a label that is no class', () => {
    const run = () => referenceOf({ op, inputs: [random('float32', [1, 3]), i64([3])] });
    expect(run).toThrow(expect.objectContaining({ code: 'KPT_DATA_MALFORMED' }));
  });
});

test('SoftmaxCrossEntropyLoss gives the logarithms too', () =>
  expectAgreement({
    op: 'SoftmaxCrossEntropyLoss',
    inputs: [random('float32', [3, 5]), i64([4, 0, 2])],
    outputs: 2,
    tolerance: 1e-5,
  }));

test.each([[[0, 2, 3]], [[1]], [[0, -1]]])('MeanVarianceNormalization over %j', (axes) =>
  expectAgreement({
    op: 'MeanVarianceNormalization',
    inputs: [random('float32', [2, 3, 4, 5])],
    attributes: { axes: attr.ints(axes) },
    tolerance: 1e-4,
  }),
);

test('BatchNormalization in training mode', () =>
  expectAgreement({
    op: 'BatchNormalization',
    inputs: [
      random('float32', [2, 3, 4, 5]),
      positive([3]),
      random('float32', [3]),
      random('float32', [3], 4),
      positive([3], 7),
    ],
    attributes: { training_mode: attr.int(1), momentum: attr.float(0.8) },
    outputs: 3,
    tolerance: 1e-4,
  }));

describe('Dropout in training mode', () => {
  const drop = (ratio: number, seed: number) =>
    referenceOf({
      op: 'Dropout',
      inputs: [f32([4000], new Float32Array(4000).fill(1)), f32([], [ratio]), fromNumbers('bool', [], [1])],
      attributes: { seed: attr.int(seed) },
      outputs: 2,
    });
  test('keeps the mean, and says what it kept', () => {
    const [y, mask] = drop(0.25, 7);
    const kept = toNumbers(mask!);
    expect(kept.reduce((a, b) => a + b) / 4000).toBeCloseTo(0.75, 1);
    toNumbers(y!).forEach((v, i) => {
      expect(v).toBeCloseTo(kept[i]! / 0.75, 5);
    });
  });
  test('a seed repeats, another does not', () => {
    expect(drop(0.5, 1)).toEqual(drop(0.5, 1));
    expect(drop(0.5, 1)).not.toEqual(drop(0.5, 2));
  });
  test('nothing is dropped at ratio 0', () =>
    expect([...toNumbers(drop(0, 1)[1]!)].every((v) => v === 1)).toBe(true));
});

describe('optimisers, one step by hand', () => {
  const [rate, turns] = [f32([], [0.1]), i64([1], [])];
  const vector = (...values: number[]) => f32([values.length], values);
  const near = (got: readonly number[][], wanted: readonly number[][]) =>
    got.forEach((values, i) => {
      values.forEach((v, k) => {
        expect(v).toBeCloseTo(wanted[i]![k]!, 5);
      });
    });
  test('Adagrad', () => {
    const got = training('Adagrad', [rate, turns, vector(1, 2), vector(-1, -3), vector(2, 0)], 2, {
      decay_factor: attr.float(1),
    });
    near(got, [
      [1 + 0.05 / Math.sqrt(3), 2 + 0.05],
      [3, 9],
    ]);
  });
  test('Adam', () => {
    const got = training('Adam', [rate, turns, vector(1), vector(0.5), vector(0), vector(0)], 3, {});
    near(got, [
      [1 - ((0.1 * 0.05) / 0.1 / (Math.sqrt(0.00025) + 1e-6)) * Math.sqrt(0.001)],
      [0.05],
      [0.00025],
    ]);
  });
  test.each([
    ['standard', 1 - 0.1 * 2.3],
    ['nesterov', 1 - 0.1 * (0.5 + 0.9 * 2.3)],
  ])('Momentum %s of two weights', (mode, weight) => {
    const two = (v: number) => [vector(v), vector(v)];
    const got = training('Momentum', [rate, turns, ...two(1), ...two(0.5), ...two(2)], 4, {
      alpha: attr.float(0.9),
      beta: attr.float(1),
      mode: attr.string(mode),
      norm_coefficient: attr.float(0),
    });
    near(got, [[weight], [weight], [2.3], [2.3]]);
  });
  test('a missing state is refused', () => {
    const run = () => training('Adam', [rate, turns, vector(1), vector(1), vector(1)], 1, {});
    expect(run).toThrow(expect.objectContaining({ code: 'KPT_GRAPH_INVALID' }));
  });
});
