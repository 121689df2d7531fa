// Operators that a plan takes apart into others: the same as their references, and nothing of them runs by its reference.
import { attr } from '../../lib/graph/attribute.js';
import type { Attribute } from '../../lib/graph/graph.js';
import { f32, type TensorValue } from '../../lib/tensor/tensor.js';
import { expectNativeLikeReference, type NativeCase, scheduleOf } from '../helpers/native-like-reference.js';
import { expectAgreement, random } from '../helpers/one-node.js';
import { expectLikeOrt, noise } from '../helpers/run-reference.js';

type Attributes = Readonly<Record<string, Attribute>>;

async function expectInlined(one: NativeCase, ort: number | null = 4e-6): Promise<void> {
  expect(scheduleOf(one)).toEqual(['native']);
  await expectNativeLikeReference(one);
  if (ort !== null) await expectLikeOrt(one, ort);
}

const ofNoise = (op: string, dims: readonly number[], attributes: Attributes): NativeCase => ({
  op,
  attributes,
  inputs: [noise('float32', dims)],
});

test.each([
  [[2, 7, 3, 2], 1, 0.75],
  [[2, 7, 3, 2], 3, 0.5],
  [[1, 5, 4, 4], 4, 1],
  [[1, 3, 5, 1], 9, 0.6],
  [[3, 1, 2, 2], 2, 0.75],
] as const)('LRN of %j, size %d, beta %d', (dims, size, beta) => {
  const attributes = { size: attr.int(size), beta: attr.float(beta), alpha: attr.float(0.3) };
  // onnxruntime takes odd sizes only.
  return expectInlined(ofNoise('LRN', dims, attributes), size % 2 === 1 ? 4e-6 : null);
});

test.each([[[2, 3]], [[2, 3, 4]], [[1, 4, 2, 3, 2]]])('LRN of rank other than 4: %j', async (dims) => {
  const one = ofNoise('LRN', dims, { size: attr.int(3) });
  expect(scheduleOf(one)).toEqual(['native']);
  await expectNativeLikeReference(one);
});

test.each([
  [1, -1, [2, 4, 5]],
  [2, -1, [2, 4, 5]],
  [1, 0, [3, 7]],
  [2, 1, [2, 4, 5, 3]],
  [2, 0, [1]],
])('LpNormalization p %d, axis %d of %j', (p, axis, dims) =>
  expectInlined(ofNoise('LpNormalization', dims, { p: attr.int(p), axis: attr.int(axis) })),
);

test.each([1, 2])('LpNormalization p %d of zeros, of what is no number or infinite', (p) =>
  expectAgreement({
    op: 'LpNormalization',
    inputs: [f32([4, 2], [0, -0, Number.NaN, 1, Number.POSITIVE_INFINITY, 1, -1, 0])],
    attributes: { p: attr.int(p) },
  }),
);

test.each([
  [
    [2, 3, 4, 5],
    [0, 2, 3],
  ],
  [
    [1, 3, 4, 5],
    [0, 2, 3],
  ],
  [[2, 3, 4, 5], [1]],
  [
    [2, 3, 4, 5],
    [0, -1],
  ],
] as const)('MeanVarianceNormalization of %j over %j', (dims, axes) =>
  expectInlined(ofNoise('MeanVarianceNormalization', dims, { axes: attr.ints(axes) })),
);

test('MeanVarianceNormalization of single elements', () =>
  expectInlined(ofNoise('MeanVarianceNormalization', [2, 3, 1, 1], { axes: attr.ints([2, 3]) }), null));

const windows: readonly (readonly [string, readonly number[], Attributes])[] = [
  ['one axis', [2, 3, 11], { kernel_shape: attr.ints([3]), strides: attr.ints([2]) }],
  [
    'padding, dilation',
    [1, 4, 9, 8],
    {
      kernel_shape: attr.ints([3, 2]),
      pads: attr.ints([1, 0, 2, 1]),
      strides: attr.ints([2, 1]),
      dilations: attr.ints([2, 1]),
    },
  ],
  ['auto_pad', [1, 2, 7, 7], { kernel_shape: attr.ints([4, 3]), auto_pad: attr.string('SAME_LOWER') }],
  [
    'windows beyond the end',
    [1, 2, 6, 7],
    { kernel_shape: attr.ints([3, 2]), strides: attr.ints([2, 3]), ceil_mode: attr.int(1) },
  ],
  [
    'a rest that no window takes',
    [1, 1, 8, 5],
    { kernel_shape: attr.ints([2, 2]), strides: attr.ints([3, 4]) },
  ],
];

describe.each([1, 2, 3])('p %d', (p) => {
  test.each(windows)('LpPool, %s', async (_, dims, attributes) => {
    const one = ofNoise('LpPool', dims, { ...attributes, p: attr.int(p) });
    await expectInlined(one, 'ceil_mode' in attributes || 'dilations' in attributes ? null : 4e-6);
  });
  test.each([[[2, 3, 5]], [[1, 4, 3, 3]], [[2, 1, 2, 3, 2]]])('GlobalLpPool of %j', (dims) =>
    expectInlined(ofNoise('GlobalLpPool', dims, { p: attr.int(p) })),
  );
});

test.each([
  [0, 0.5],
  [0.2, 1.5],
  [-0.3, 0],
  [0.5, -0.25],
])('Shrink by %d beyond %d', async (bias, lambd) => {
  const odd = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, lambd, -lambd];
  const attributes = { bias: attr.float(bias), lambd: attr.float(lambd) };
  await expectAgreement({ op: 'Shrink', inputs: [f32([7], odd)], attributes });
  await expectInlined({ op: 'Shrink', inputs: [random('float32', [2, 3, 5])], attributes });
});

test.each(['LRN', 'LpNormalization', 'MeanVarianceNormalization', 'GlobalLpPool', 'Shrink'])(
  '%s of nothing, and of other types',
  async (op) => {
    const attributes: Attributes = op === 'LRN' ? { size: attr.int(3) } : {};
    const notInOrt = 'some types';
    for (const inputs of [[f32([0, 2, 3, 3], [])], [random('float64', [2, 3, 2, 2])]])
      await expectAgreement({ op, inputs, attributes, notInOrt });
  },
);

describe('normalisations whose parameters are no constants', () => {
  const parameters = (n: number): TensorValue[] => [noise('float32', [n], 2), noise('float32', [n], 3)];
  const statistics = [noise('float32', [6], 4), noise('float32', [6], 5, [0.1, 2])];
  const image = noise('float32', [2, 6, 4, 3]);
  const cases: readonly NativeCase[] = [
    { op: 'BatchNormalization', inputs: [image, ...parameters(6), ...statistics], fed: [0, 1, 2] },
    { op: 'BatchNormalization', inputs: [image, ...parameters(6), ...statistics], fed: [0, 3, 4] },
    { op: 'InstanceNormalization', inputs: [image, ...parameters(6)], fed: [0, 1, 2] },
    {
      op: 'GroupNormalization',
      opset: 21,
      attributes: { num_groups: attr.int(3) },
      inputs: [image, ...parameters(6)],
      fed: [0, 2],
    },
    { op: 'LayerNormalization', inputs: [image, ...parameters(3)], fed: [0, 1, 2] },
    { op: 'LayerNormalization', inputs: [image, ...parameters(3).slice(1)], fed: [0, 1] },
    {
      op: 'LayerNormalization',
      attributes: { axis: attr.int(1) },
      inputs: [image, ...parameters(3)],
    },
  ];
  test.each(cases)('%#: $op', (one) => expectInlined(one, 1e-5));

  test('mean and deviation of a LayerNormalization', () =>
    expectAgreement({
      op: 'LayerNormalization',
      inputs: [noise('float32', [2, 3, 8]), noise('float32', [8], 2)],
      constants: [1],
      outputs: 3,
      tolerance: 1e-5,
    }));

  test('scale and shift of different lengths stay with the reference', () =>
    expectAgreement({
      op: 'GroupNormalization',
      inputs: [image, noise('float32', [3], 2), noise('float32', [6], 3)],
      attributes: { num_groups: attr.int(3) },
      notInOrt: 'it takes one length',
      tolerance: 1e-5,
    }));
});

describe('pooling over three spatial axes', () => {
  const deep: readonly (readonly [string, readonly number[], Attributes])[] = [
    ['without padding', [2, 3, 4, 5, 6], { kernel_shape: attr.ints([2, 3, 2]) }],
    [
      'padded',
      [1, 5, 6, 7, 4],
      {
        kernel_shape: attr.ints([3, 2, 3]),
        strides: attr.ints([2, 1, 2]),
        pads: attr.ints([1, 0, 1, 1, 1, 1]),
      },
    ],
    [
      'windows beyond the end',
      [1, 2, 6, 7, 5],
      { kernel_shape: attr.ints([3, 2, 3]), strides: attr.ints([2, 3, 2]), ceil_mode: attr.int(1) },
    ],
    [
      'auto_pad',
      [1, 1, 5, 5, 8],
      {
        kernel_shape: attr.ints([1, 2, 3]),
        strides: attr.ints([2, 2, 3]),
        auto_pad: attr.string('SAME_LOWER'),
      },
    ],
  ];
  test.each(deep)('%s', async (_, dims, attributes) => {
    await expectInlined(ofNoise('MaxPool', dims, attributes));
    for (const dtype of ['uint8', 'int8'] as const) {
      const one = { op: 'MaxPool', attributes, inputs: [noise(dtype, dims)] };
      expect(scheduleOf(one)).toEqual(['native']);
      await expectNativeLikeReference(one);
    }
    for (const include of [0, 1]) {
      const all = { ...attributes, count_include_pad: attr.int(include) };
      const one = { ...ofNoise('AveragePool', dims, all), opset: 19 };
      expect(scheduleOf(one)).toEqual([include === 1 && 'ceil_mode' in attributes ? 'host' : 'native']);
      await expectNativeLikeReference(one);
    }
  });

  test('indices stay with the reference', () =>
    expectAgreement({
      op: 'MaxPool',
      inputs: [noise('float32', [1, 2, 3, 4, 4])],
      attributes: { kernel_shape: attr.ints([2, 2, 2]) },
      outputs: 2,
    }));
});
