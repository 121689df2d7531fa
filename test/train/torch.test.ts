// Gradients and updates against numbers that PyTorch gave once.
import type { Attribute } from '../../lib/graph/graph.js';
import { GraphWriter } from '../../lib/graph/writer.js';
import { emit } from '../../lib/ops/gradients/emit.js';
import { differentiate, factsOf } from '../../lib/run/differentiate.js';
import { runReference } from '../../lib/run/reference.js';
import { type Dims, sizeOf } from '../../lib/tensor/shape.js';
import { f32, fromNumbers, i64, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { crossEntropy } from '../../lib/train/losses/cross-entropy.js';
import { adam, adamW } from '../../lib/train/optimizers/adam.js';
import { rmsprop } from '../../lib/train/optimizers/rmsprop.js';
import { sgd } from '../../lib/train/optimizers/sgd.js';
import type { Optimizer } from '../../lib/train/training.js';
import { torchGradients, torchUpdates } from '../helpers/torch-gradients.js';

const ints = (...value: number[]): Attribute => ({ type: 'ints', value });
const int = (value: number): Attribute => ({ type: 'int', value });
const text = (value: string): Attribute => ({ type: 'string', value });

interface Case {
  readonly op: string;
  readonly inputs: readonly (Dims | TensorValue | null)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly opset?: number;
}

const labels = i64([0, 2, 3]);
const doubles = (dims: Dims, values: readonly number[]): TensorValue => fromNumbers('float64', dims, values);
const matrix: Dims = [3, 4];

const cases: Readonly<Record<string, Case>> = {
  'conv strided, dilated, padded': {
    op: 'Conv',
    inputs: [[1, 2, 6, 5], [2, 2, 3, 2], [2]],
    attributes: { strides: ints(2, 2), dilations: ints(2, 2), pads: ints(2, 2, 2, 2) },
  },
  'conv grouped': {
    op: 'Conv',
    inputs: [
      [1, 4, 3, 3],
      [4, 2, 2, 2],
    ],
    attributes: { group: int(2), pads: ints(1, 1, 1, 1) },
  },
  'conv depthwise': {
    op: 'Conv',
    inputs: [[1, 3, 3, 3], [3, 1, 3, 3], [3]],
    attributes: { group: int(3), pads: ints(1, 1, 1, 1) },
  },
  'conv transposed': {
    op: 'ConvTranspose',
    inputs: [[1, 2, 3, 3], [2, 3, 3, 3], [3]],
    attributes: { strides: ints(2, 2), pads: ints(1, 1, 1, 1), output_padding: ints(1, 1) },
  },
  linear: { op: 'Gemm', inputs: [[3, 4], [5, 4], [5]], attributes: { transB: int(1) } },
  'matmul of batches': {
    op: 'MatMul',
    inputs: [
      [2, 2, 3],
      [2, 3, 2],
    ],
  },
  'batch norm in training': {
    op: 'BatchNormalization',
    inputs: [[3, 2, 2, 2], [2], [2], doubles([2], [0, 0]), doubles([2], [1, 1])],
    attributes: { training_mode: int(1), epsilon: { type: 'float', value: 1e-5 } },
  },
  'layer norm': {
    op: 'LayerNormalization',
    inputs: [[4, 5], [5], [5]],
    attributes: { epsilon: { type: 'float', value: 1e-5 } },
  },
  'max pool': {
    op: 'MaxPool',
    inputs: [[1, 2, 5, 5]],
    attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) },
  },
  'average pool': {
    op: 'AveragePool',
    inputs: [[1, 2, 4, 4]],
    attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) },
  },
  softmax: { op: 'Softmax', inputs: [matrix] },
  'log softmax': { op: 'LogSoftmax', inputs: [matrix] },
  gelu: { op: 'Gelu', inputs: [matrix], opset: 20 },
  silu: { op: 'Swish', inputs: [matrix], opset: 24 },
  mish: { op: 'Mish', inputs: [matrix] },
  elu: { op: 'Elu', inputs: [matrix] },
  'cross-entropy': { op: 'SoftmaxCrossEntropyLoss', inputs: [matrix, labels] },
  'resize linear': {
    op: 'Resize',
    inputs: [[1, 1, 3, 3], null, f32([4], [1, 1, 2, 2])],
    attributes: { mode: text('linear') },
  },
  lstm: {
    op: 'LSTM',
    inputs: [
      [3, 2, 2],
      [1, 8, 2],
      [1, 8, 2],
      [1, 16],
    ],
  },
  gru: {
    op: 'GRU',
    inputs: [
      [3, 2, 2],
      [1, 6, 2],
      [1, 6, 2],
      [1, 12],
    ],
    attributes: { linear_before_reset: int(1) },
  },
};

const filled = (dims: Dims, f: (i: number) => number): number[] =>
  Array.from({ length: sizeOf(dims) }, (_, i) => Math.fround(f(i)));
const inputOf = (k: number, dims: Dims): number[] => filled(dims, (i) => Math.sin(0.7 * i + 1.3 * k + 0.2));

/** [loss, gradients...] of the sum of `y` times cos(0.9 i + 0.4). */
function gradientsOf(
  writer: GraphWriter,
  y: string,
  feeds: ReadonlyMap<string, TensorValue>,
  opset: number,
): Float64Array[] {
  const graph = { ...writer.graph([]), opsets: { '': opset, 'ai.kompakt': 1 } };
  const { dims } = factsOf(graph, new Set()).get(y)!.type;
  const weights = writer.constant(
    'weights',
    doubles(
      dims,
      filled(dims, (i) => Math.cos(0.9 * i + 0.4)),
    ),
  );
  const loss = emit(writer, 'ReduceSum', [emit(writer, 'Mul', [y, weights])], { keepdims: int(0) });
  const whole = { ...writer.graph([{ name: loss, dtype: 'float64', dims: [] }]), opsets: graph.opsets };
  const differentiated = differentiate(whole, loss, [...feeds.keys()]);
  const results = runReference(differentiated, feeds);
  return differentiated.outputs.map(({ name }) => toNumbers(results.get(name)!));
}

function expectLike(mine: readonly Float64Array[], name: string): void {
  const theirs = torchGradients.find((golden) => golden.name === name)!;
  [[theirs.loss], ...theirs.gradients].forEach((values, k) => {
    expect(mine[k]!.length).toBe(values.length);
    values.forEach((value, i) => {
      expect(Math.abs(mine[k]![i]! - value)).toBeLessThan(2e-6 * Math.max(1, Math.abs(value)));
    });
  });
}

describe('gradients of PyTorch', () => {
  test.each(Object.entries(cases))('%s', (name, { op, inputs, attributes = {}, opset = 18 }) => {
    const writer = new GraphWriter();
    const feeds = new Map<string, TensorValue>();
    const names = inputs.map((input, k) => {
      if (input === null) return '';
      if ('dtype' in input) return writer.constant(`c${k}`, input);
      const x = writer.input(`x${k}`, { dtype: 'float64', dims: input });
      feeds.set(x, doubles(input, inputOf(k, input)));
      return x;
    });
    const [y] = writer.add(op, names, attributes);
    expectLike(gradientsOf(writer, y!, feeds, opset), name);
  });

  test('hard swish, of which the input was doubled', () => {
    const writer = new GraphWriter();
    const x = writer.input('x', { dtype: 'float64', dims: matrix });
    const doubled = emit(writer, 'Mul', [x, writer.constant('two', doubles([], [2]))]);
    const feeds = new Map([[x, doubles(matrix, inputOf(0, matrix))]]);
    expectLike(gradientsOf(writer, emit(writer, 'HardSwish', [doubled]), feeds, 18), 'hardswish');
  });

  test('cross-entropy with label smoothing', () => {
    const writer = new GraphWriter();
    const x = writer.input('x', { dtype: 'float64', dims: matrix });
    const value = { name: x, dtype: 'float64', dims: matrix } as const;
    const loss = crossEntropy({ smoothing: 0.1 }).build({
      add: (...node) => writer.add(...node),
      constant: (hint, constant) => writer.constant(hint, constant),
      prediction: () => value,
      before: () => value,
      value: () => value,
      target: () => writer.constant('labels', labels),
    });
    const feeds = new Map([[x, doubles(matrix, inputOf(0, matrix))]]);
    expectLike(gradientsOf(writer, loss, feeds, 18), 'cross-entropy with smoothing');
  });

  test('every number is used', () => {
    const others = ['hardswish', 'cross-entropy with smoothing'];
    expect(torchGradients.map(({ name }) => name).sort()).toEqual([...Object.keys(cases), ...others].sort());
  });
});

const optimizers: Readonly<Record<string, Optimizer>> = {
  sgd: sgd(),
  momentum: sgd({ momentum: 0.9 }),
  nesterov: sgd({ momentum: 0.9, nesterov: true }),
  adam: adam(),
  adamw: adamW({ decay: 0.05 }),
  rmsprop: rmsprop({ momentum: 0.5 }),
};

test.each(torchUpdates.map(({ name, weights }) => [name, weights] as const))('update %s', (name, weights) => {
  const optimizer = optimizers[name]!;
  const writer = new GraphWriter();
  const type = { dtype: 'float64', dims: [5] } as const;
  const inputs = ['parameter', 'gradient', ...optimizer.slots].map((hint) => writer.input(hint, type));
  const [parameter, gradient, ...slots] = inputs as [string, string, ...string[]];
  const hyper = writer.input('hyper', { dtype: 'float32', dims: [optimizer.hypers] });
  const next = optimizer.build(writer, {
    parameter,
    gradient,
    slots,
    hyper,
    scale: '',
    l1: 0,
    l2: 0,
    decays: true,
    within: [-Infinity, Infinity],
  });
  const graph = writer.graph(next.map((output) => ({ name: output, ...type })));
  let state = [inputOf(0, [5]), ...slots.map(() => [0, 0, 0, 0, 0])].map((values) => doubles([5], values));
  for (let step = 1; step <= 3; step++) {
    const numbers = new Float32Array(optimizer.hypers);
    optimizer.hyper(0.1, step, numbers);
    const feeds = new Map([
      [parameter, state[0]!],
      ...slots.map((slot, k) => [slot, state[1 + k]!] as const),
      [gradient, doubles([5], inputOf(step, [5]))],
      [hyper, f32([numbers.length], numbers)],
    ]);
    const results = runReference(graph, feeds);
    state = next.map((output) => results.get(output)!);
  }
  toNumbers(state[0]!).forEach((value, i) => {
    expect(value).toBeCloseTo(weights[i]!, 5);
  });
});
