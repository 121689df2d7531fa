// The cases of test/run/differentiate.test.ts that are layers of networks: convolutions, poolings, normalisations, losses.
import type { Attribute } from '../../lib/graph/graph.js';
import { f32, i64, type TensorValue } from '../../lib/tensor/tensor.js';
import type { GradientCase } from './gradient-case.js';

const int = (value: number): Attribute => ({ type: 'int', value });
const ints = (...value: number[]): Attribute => ({ type: 'ints', value });
const float = (value: number): Attribute => ({ type: 'float', value });
const text = (value: string): Attribute => ({ type: 'string', value });

const convolution = (
  name: string,
  x: number[],
  w: number[],
  attributes: GradientCase['attributes'] = {},
  bias = true,
): GradientCase => ({
  name: `Conv ${name}`,
  op: 'Conv',
  inputs: bias ? [x, w, [w[0]!]] : [x, w],
  attributes,
});

const convolutions: readonly GradientCase[] = [
  convolution('3x3', [2, 3, 6, 5], [4, 3, 3, 3], { pads: ints(1, 1, 1, 1) }),
  convolution('1x1', [2, 3, 4, 4], [5, 3, 1, 1]),
  convolution('5x5 without padding', [1, 1, 8, 8], [3, 1, 5, 5]),
  convolution(
    'strided, leaving a rest',
    [2, 3, 8, 7],
    [4, 3, 3, 3],
    { strides: ints(2, 3), pads: ints(1, 0, 0, 1) },
    false,
  ),
  convolution('dilated', [1, 2, 9, 9], [3, 2, 3, 3], { dilations: ints(2, 3), pads: ints(2, 1, 1, 2) }),
  convolution('grouped', [2, 4, 5, 5], [6, 2, 3, 3], { group: int(2), pads: ints(1, 1, 1, 1) }),
  convolution('depthwise', [2, 5, 6, 6], [5, 1, 3, 3], {
    group: int(5),
    pads: ints(1, 1, 1, 1),
    strides: ints(2, 2),
  }),
  convolution('depthwise with a multiplier', [1, 3, 5, 5], [6, 1, 3, 3], { group: int(3) }),
  convolution('of one axis', [2, 3, 9], [4, 3, 3], { pads: ints(1, 1) }),
  {
    ...convolution('of three axes', [1, 2, 4, 4, 3], [2, 2, 2, 2, 2]),
    host: 'steps of gradients have two spatial axes',
  },
  convolution('SAME_UPPER', [1, 2, 6, 6], [3, 2, 3, 3], {
    auto_pad: text('SAME_UPPER'),
    strides: ints(2, 2),
  }),
  convolution('of 19 channels to 33', [1, 19, 5, 5], [33, 19, 3, 3], { pads: ints(1, 1, 1, 1) }),
  {
    name: 'ConvTranspose',
    op: 'ConvTranspose',
    inputs: [[2, 3, 4, 4], [3, 5, 3, 3], [5]],
    attributes: { strides: ints(2, 2), pads: ints(1, 1, 1, 1), output_padding: ints(1, 1) },
  },
  {
    name: 'ConvTranspose padded by more than its stride',
    op: 'ConvTranspose',
    inputs: [[1, 2, 4, 4], [2, 3, 2, 2], [3]],
    attributes: { dilations: ints(3, 3), output_padding: ints(2, 1) },
  },
  {
    name: 'ConvTranspose to a shape beyond its reach',
    op: 'ConvTranspose',
    inputs: [[1, 2, 4, 4], [2, 3, 3, 3], [3]],
    attributes: { strides: ints(2, 2), output_shape: ints(12, 9) },
  },
  {
    name: 'ConvTranspose grouped',
    op: 'ConvTranspose',
    inputs: [
      [1, 4, 4, 4],
      [4, 2, 2, 2],
    ],
    attributes: { strides: ints(2, 2), group: int(2) },
  },
  {
    name: 'ConvTranspose as wide as its stride',
    op: 'ConvTranspose',
    inputs: [[2, 3, 3, 3], [3, 4, 2, 2], [4]],
    attributes: { strides: ints(2, 2) },
  },
];

const pooling = (
  op: string,
  name: string,
  attributes: GradientCase['attributes'],
  dims = [2, 3, 6, 6],
): GradientCase => ({
  name: `${op} ${name}`,
  op,
  inputs: [dims],
  attributes,
});

const poolings: readonly GradientCase[] = [
  pooling('MaxPool', '2x2', { kernel_shape: ints(2, 2), strides: ints(2, 2) }),
  pooling('MaxPool', 'overlapping, padded', {
    kernel_shape: ints(3, 3),
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
  }),
  pooling(
    'MaxPool',
    'ceil mode',
    { kernel_shape: ints(2, 2), strides: ints(2, 2), ceil_mode: int(1) },
    [1, 17, 5, 5],
  ),
  pooling('MaxPool', 'of one axis', { kernel_shape: ints(3), strides: ints(2) }, [2, 3, 9]),
  pooling('AveragePool', '2x2', { kernel_shape: ints(2, 2), strides: ints(2, 2) }),
  pooling('AveragePool', 'padded', { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) }),
  pooling('AveragePool', 'counting the padding', {
    kernel_shape: ints(3, 3),
    pads: ints(1, 1, 1, 1),
    count_include_pad: int(1),
  }),
  { name: 'GlobalAveragePool', op: 'GlobalAveragePool', inputs: [[2, 3, 4, 5]] },
  { name: 'GlobalMaxPool', op: 'GlobalMaxPool', inputs: [[2, 3, 4, 5]] },
];

const normalizations: readonly GradientCase[] = [
  { name: 'Softmax', op: 'Softmax', inputs: [[3, 5]] },
  { name: 'Softmax along the middle', op: 'Softmax', inputs: [[2, 4, 3]], attributes: { axis: int(1) } },
  { name: 'LogSoftmax', op: 'LogSoftmax', inputs: [[3, 17]] },
  { name: 'LayerNormalization', op: 'LayerNormalization', inputs: [[2, 3, 8], [8], [8]] },
  {
    name: 'LayerNormalization of two axes',
    op: 'LayerNormalization',
    inputs: [
      [2, 3, 4],
      [3, 4],
    ],
    attributes: { axis: int(1) },
  },
  { name: 'InstanceNormalization', op: 'InstanceNormalization', inputs: [[2, 3, 4, 4], [3], [3]] },
  {
    name: 'GroupNormalization',
    op: 'GroupNormalization',
    opset: 21,
    inputs: [[2, 4, 3, 3], [4], [4]],
    attributes: { num_groups: int(2) },
  },
  {
    name: 'BatchNormalization with running statistics',
    op: 'BatchNormalization',
    inputs: [[2, 3, 4, 4], [3], [3], f32([3], [0.1, -0.2, 0.3]), f32([3], [0.5, 1, 2])],
  },
  {
    name: 'BatchNormalization in training',
    op: 'BatchNormalization',
    inputs: [[3, 5, 4, 4], [5], [5], f32([5], [0, 0, 0, 0, 0]), f32([5], [1, 1, 1, 1, 1])],
    attributes: { training_mode: int(1) },
    outputs: 3,
    used: [0],
  },
  {
    name: 'BatchNormTraining of a matrix',
    op: 'BatchNormTraining',
    domain: 'ai.kompakt',
    inputs: [[6, 19], [19], [19], f32([19], new Float32Array(19)), f32([19], new Float32Array(19).fill(1))],
    attributes: { epsilon: float(1e-3), momentum: float(0.9) },
    outputs: 5,
    used: [0],
  },
];

const labels = (...values: number[]): TensorValue => i64(values);

const losses: readonly GradientCase[] = [
  { name: 'SoftmaxCrossEntropyLoss', op: 'SoftmaxCrossEntropyLoss', inputs: [[4, 5], labels(0, 3, 4, 3)] },
  {
    name: 'SoftmaxCrossEntropyLoss with weights, an ignored label and logarithms',
    op: 'SoftmaxCrossEntropyLoss',
    inputs: [[4, 5], labels(0, 3, 2, 3), f32([5], [1, 2, 0.5, 1.5, 1])],
    attributes: { ignore_index: int(2) },
    outputs: 2,
  },
  {
    name: 'SoftmaxCrossEntropyLoss of pixels, not reduced',
    op: 'SoftmaxCrossEntropyLoss',
    inputs: [[2, 3, 4], i64([0, 1, 2, 0, 1, 1, 2, 2], [2, 4])],
    attributes: { reduction: text('none') },
  },
  {
    name: 'NegativeLogLikelihoodLoss',
    op: 'NegativeLogLikelihoodLoss',
    inputs: [[4, 5], labels(0, 3, 4, 3)],
    attributes: { reduction: text('sum') },
  },
  {
    name: 'DropoutTraining',
    op: 'DropoutTraining',
    domain: 'ai.kompakt',
    inputs: [[7, 9], labels(5)],
    attributes: { ratio: float(0.4), seed: int(3) },
  },
];

const recurrent: readonly GradientCase[] = [
  {
    name: 'LSTM',
    op: 'LSTM',
    inputs: [
      [4, 2, 3],
      [1, 20, 3],
      [1, 20, 5],
      [1, 40],
    ],
    outputs: 3,
  },
  {
    name: 'LSTM of two directions, with states and peepholes, of which only the sequence is used',
    op: 'LSTM',
    inputs: [[3, 2, 3], [2, 16, 3], [2, 16, 4], null, null, [2, 2, 4], [2, 2, 4], [2, 12]],
    attributes: { direction: text('bidirectional') },
    outputs: 3,
    used: [0],
  },
  {
    name: 'LSTM batch first and backwards, clipped, gates coupled',
    op: 'LSTM',
    opset: 14,
    inputs: [
      [2, 3, 3],
      [1, 16, 3],
      [1, 16, 4],
      [1, 32],
    ],
    attributes: { direction: text('reverse'), layout: int(1), clip: float(50), input_forget: int(1) },
    outputs: 3,
  },
  {
    name: 'GRU',
    op: 'GRU',
    inputs: [
      [4, 2, 3],
      [1, 15, 3],
      [1, 15, 5],
      [1, 30],
    ],
    outputs: 2,
  },
  {
    name: 'GRU with the reset behind the product',
    op: 'GRU',
    inputs: [[3, 2, 3], [1, 12, 3], [1, 12, 4], [1, 24], null, [1, 2, 4]],
    attributes: { linear_before_reset: int(1) },
    outputs: 2,
    used: [1],
  },
];

export const layerCases: readonly GradientCase[] = [
  ...convolutions,
  ...poolings,
  ...normalizations,
  ...losses,
  ...recurrent,
];
