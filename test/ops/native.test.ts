// Neural-network and quantised operators in the engine against their references.
import { attr } from '../../lib/graph/attribute.js';
import { f32, type TensorValue, tensor } from '../../lib/tensor/tensor.js';
import { expectNativeLikeReference as check, scheduleOf } from '../helpers/native-like-reference.js';
import { infer, noise, type OneNode } from '../helpers/run-reference.js';

const scalar = (value: number): TensorValue => f32([], [value]);
const zero = (dtype: 'uint8' | 'int8', value: number): TensorValue =>
  tensor(dtype, [], dtype === 'int8' ? Int8Array.of(value) : Uint8Array.of(value));
const float = (dims: readonly number[], seed = 1) => noise('float32', dims, seed);
const microsoft = 'com.microsoft';
const internal = 'ai.kompakt';

const windows: readonly (readonly [
  readonly number[],
  readonly number[],
  NonNullable<OneNode['attributes']>,
])[] = [
  [[1, 3, 5, 7], [4, 3, 3, 3], {}],
  [[2, 8, 9, 8], [17, 8, 1, 1], {}],
  [[1, 6, 7, 7], [6, 1, 3, 3], { group: attr.int(6), pads: attr.ints([1, 1, 1, 1]) }],
  [[1, 4, 8, 9], [6, 2, 3, 2], { group: attr.int(2), strides: attr.ints([2, 1]) }],
  [[1, 2, 11, 13], [3, 2, 3, 3], { dilations: attr.ints([2, 3]), pads: attr.ints([0, 2, 1, 3]) }],
  [[3, 4, 17], [5, 4, 5], { strides: attr.ints([2]), pads: attr.ints([3, 1]) }],
];

const deep: typeof windows = [
  [[1, 3, 4, 5, 6], [7, 3, 3, 3, 3], { pads: attr.ints([1, 1, 1, 1, 1, 1]) }],
  [
    [2, 4, 7, 5, 6],
    [6, 2, 2, 3, 2],
    {
      group: attr.int(2),
      strides: attr.ints([2, 1, 2]),
      dilations: attr.ints([3, 1, 2]),
      pads: attr.ints([2, 0, 1, 1, 2, 0]),
    },
  ],
  [[1, 5, 6, 4, 4], [5, 1, 3, 1, 1], { group: attr.int(5), pads: attr.ints([1, 0, 0, 1, 0, 0]) }],
  [[1, 40, 3, 4, 5], [9, 40, 1, 1, 1], {}],
  [[1, 2, 1, 3, 3], [3, 2, 4, 2, 2], { pads: attr.ints([2, 0, 0, 3, 1, 1]) }],
];

test.each(deep)('Conv of frames, %j * %j', async (x, w, attributes) => {
  const one = { op: 'Conv', attributes, inputs: [float(x), float(w, 2), float([w[0]], 3)] };
  expect(scheduleOf(one)).toEqual(['native']);
  expect(scheduleOf({ ...one, fed: [0, 1] })).toEqual(['native']);
  await check({ ...one, fed: [0, 1] });
});

test.each([...windows, ...deep])('Conv %j * %j', async (x, w, attributes) => {
  await check({ op: 'Conv', attributes, inputs: [float(x), float(w, 2), float([w[0]], 3)] });
  const fused = { ...attributes, activation: attr.string('leaky_relu'), alpha: attr.float(0.25) };
  const inputs = [float(x), float(w, 2), float([w[0]], 3)];
  const { dims } = infer({ op: 'Conv', attributes, inputs })[0];
  await check({
    op: 'FusedConv',
    domain: internal,
    attributes: fused,
    inputs: [...inputs, float(dims, 4)],
    fed: [0, 3],
  });
});

test.each(windows)('QLinearConv and QConv %j * %j', async (x, w, attributes) => {
  const scales = f32(
    [w[0]],
    Float32Array.from({ length: w[0] }, (_, o) => 0.01 + 0.003 * o),
  );
  const zeros = tensor('int8', [w[0]], new Int8Array(w[0]));
  const bias = noise('int32', [w[0]], 5, [-5000, 5000]);
  for (const dtype of ['uint8', 'int8'] as const) {
    const head = [noise(dtype, x), scalar(0.05), zero(dtype, 20)];
    const inputs = [...head, noise('int8', w, 2), scales, zeros, scalar(0.11), zero(dtype, 40), bias];
    await check({ op: 'QLinearConv', attributes, inputs });
    const unsigned = [
      ...head,
      noise('uint8', w, 2),
      scalar(0.02),
      zero('uint8', 130),
      scalar(0.31),
      zero(dtype, 40),
    ];
    await check({ op: 'QLinearConv', attributes, inputs: unsigned });
    const { dims } = infer({ op: 'QLinearConv', attributes, inputs })[0];
    const residual = [noise(dtype, dims, 6), scalar(0.07), zero(dtype, 9), scalar(0.13), zero(dtype, 50)];
    const table = noise('uint8', [256], 7);
    const clamp = { ...attributes, lo: attr.int(40), hi: attr.int(100) };
    const full = { op: 'QConv', domain: internal, attributes: clamp, fed: [0, 9] };
    await check({ ...full, inputs: [...inputs, ...residual, table] });
    await check({
      op: 'QConv',
      domain: internal,
      attributes,
      inputs: [...inputs.slice(0, 6), null, null, bias],
    });
  }
});

test('ConvTranspose and QConvTranspose', async () => {
  const attributes = {
    strides: attr.ints([2, 3]),
    pads: attr.ints([1, 0, 1, 2]),
    output_padding: attr.ints([1, 0]),
  };
  await check({
    op: 'ConvTranspose',
    attributes,
    inputs: [float([2, 4, 4, 5]), float([4, 3, 3, 3], 2), float([3], 3)],
  });
  const inputs = [
    noise('int8', [2, 4, 4, 5]),
    scalar(0.05),
    zero('int8', 3),
    noise('int8', [4, 3, 3, 3], 2),
    scalar(0.02),
    zero('int8', 0),
    scalar(0.2),
    zero('int8', -9),
  ];
  await check({ op: 'QConvTranspose', domain: internal, attributes, inputs });
});

test('products', async () => {
  for (const [a, b] of [
    [
      [3, 7],
      [7, 5],
    ],
    [
      [2, 3, 7],
      [7, 17],
    ],
    [[7], [7, 5]],
    [
      [2, 3, 7],
      [2, 7, 5],
    ],
  ]) {
    for (const fed of [[0], [0, 1]]) {
      await check({ op: 'MatMul', inputs: [float(a), float(b, 2)], fed });
      const unsigned = [
        noise('uint8', a),
        scalar(0.02),
        zero('uint8', 110),
        noise('uint8', b, 2),
        scalar(0.03),
        zero('uint8', 140),
        scalar(0.3),
        zero('uint8', 128),
      ];
      await check({ op: 'QLinearMatMul', inputs: unsigned, fed: fed.map((i) => 3 * i) });
    }
  }
  for (const c of [[5], [], [3, 5], [3, 1]])
    for (const transA of [0, 1]) {
      const attributes = {
        alpha: attr.float(0.5),
        beta: attr.float(2),
        transA: attr.int(transA),
        transB: attr.int(1),
      };
      await check({
        op: 'Gemm',
        attributes,
        inputs: [float(transA ? [7, 3] : [3, 7]), float([5, 7], 2), float(c, 3)],
      });
    }
  const inputs = [
    noise('uint8', [2, 3, 9]),
    scalar(0.02),
    zero('uint8', 110),
    noise('int8', [4, 9], 2),
    f32([4], [0.1, 0.2, 0.3, 0.4]),
    tensor('int8', [4], new Int8Array(4)),
    noise('int32', [4], 3, [-900, 900]),
  ];
  const attributes = { transB: attr.int(1) };
  await check({ op: 'QGemm', domain: microsoft, attributes, inputs });
  await check({
    op: 'QGemm',
    domain: microsoft,
    attributes: { ...attributes, lo: attr.int(120) },
    inputs: [...inputs, scalar(5), zero('uint8', 120)],
  });
});

test('poolings', async () => {
  for (const [dims, attributes] of [
    [[2, 3, 6, 8], { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) }],
    [[1, 17, 7, 7], { kernel_shape: attr.ints([3, 3]), pads: attr.ints([1, 1, 1, 1]) }],
    [
      [1, 2, 8, 7],
      {
        kernel_shape: attr.ints([3, 3]),
        strides: attr.ints([2, 3]),
        pads: attr.ints([1, 1, 1, 1]),
        ceil_mode: attr.int(1),
      },
    ],
    [[2, 3, 11], { kernel_shape: attr.ints([4]), strides: attr.ints([3]), pads: attr.ints([1, 2]) }],
  ] as const) {
    for (const dtype of ['float32', 'uint8', 'int8'] as const)
      await check({ op: 'MaxPool', attributes, inputs: [noise(dtype, dims)] });
    for (const pad of [0, 1]) {
      const all = { ...attributes, count_include_pad: attr.int(pad) };
      await check({ op: 'AveragePool', attributes: all, inputs: [float(dims)] });
      const inputs = [
        noise('uint8', dims),
        scalar(0.05),
        zero('uint8', 120),
        scalar(0.04),
        zero('uint8', 100),
      ];
      await check({ op: 'QLinearAveragePool', domain: microsoft, attributes: all, inputs });
    }
  }
  for (const op of ['GlobalAveragePool', 'GlobalMaxPool']) await check({ op, inputs: [float([2, 3, 5, 7])] });
  await check({ op: 'GlobalMaxPool', inputs: [noise('int8', [2, 3, 5, 7])] });
  const inputs = [
    noise('int8', [2, 3, 5, 7]),
    scalar(0.05),
    zero('int8', 12),
    scalar(0.02),
    zero('int8', 10),
  ];
  await check({ op: 'QLinearGlobalAveragePool', domain: microsoft, inputs });
  for (const keepdims of [0, 1])
    for (const axes of [[2, 3], [1], [0, 1, 2, 3], [-1]])
      await check({
        op: 'QReduceMean',
        domain: internal,
        attributes: { axes: attr.ints(axes), keepdims: attr.int(keepdims) },
        inputs,
      });
});

test('normalisations and softmaxes', async () => {
  const x = float([2, 6, 4, 5]);
  const parameters = [float([6], 2), float([6], 3)];
  await check({
    op: 'BatchNormalization',
    inputs: [x, ...parameters, float([6], 4), noise('float32', [6], 5, [0.1, 2])],
  });
  await check({ op: 'InstanceNormalization', inputs: [x, ...parameters] });
  await check({
    op: 'GroupNormalization',
    attributes: { num_groups: attr.int(2) },
    inputs: [x, ...parameters],
  });
  await check({ op: 'LayerNormalization', inputs: [x, float([5], 2), float([5], 3)] });
  for (const axis of [0, 1, 2, 3]) {
    for (const op of ['Softmax', 'LogSoftmax'])
      await check({ op, attributes: { axis: attr.int(axis) }, inputs: [x] });
  }
});

test('moves and resampling', async () => {
  for (const mode of ['DCR', 'CRD'])
    for (const dtype of ['float32', 'int8'] as const)
      await check({
        op: 'DepthToSpace',
        attributes: { blocksize: attr.int(2), mode: attr.string(mode) },
        inputs: [noise(dtype, [2, 12, 3, 4])],
      });
  await check({ op: 'SpaceToDepth', attributes: { blocksize: attr.int(3) }, inputs: [float([2, 2, 6, 9])] });
  for (const mode of ['nearest', 'linear', 'cubic'])
    for (const dtype of ['float32', 'uint8', 'int8'] as const) {
      const attributes = { mode: attr.string(mode) };
      await check({
        op: 'Resize',
        attributes,
        inputs: [noise(dtype, [1, 3, 5, 7]), null, f32([4], [1, 1, 2, 1.5])],
      });
      await check({
        op: 'Resize',
        attributes,
        inputs: [noise(dtype, [2, 3, 7]), null, f32([3], [1, 1, 0.7])],
      });
    }
});

test.each(['uint8', 'int8'] as const)('integer elementwise operators of %s', async (dtype) => {
  for (const op of ['QLinearAdd', 'QLinearMul'])
    for (const b of [[2, 3, 4, 5], [3, 1, 1], [2, 3, 1, 1], []]) {
      const inputs = [
        noise(dtype, [2, 3, 4, 5]),
        scalar(0.05),
        zero(dtype, 20),
        noise(dtype, b, 2),
        scalar(0.03),
        zero(dtype, 100),
        scalar(0.2),
        zero(dtype, 60),
      ];
      for (const fed of [[0], [0, 3]]) await check({ op, domain: microsoft, inputs, fed });
    }
  const unary = [noise(dtype, [2, 3, 4, 5]), scalar(0.05), zero(dtype, 20), scalar(0.01), zero(dtype, 3)];
  for (const op of ['QLinearSigmoid', 'QLinearLeakyRelu'])
    await check({ op, domain: microsoft, inputs: unary });
  const x = noise('float32', [2, 3, 4, 5], 1, [-20, 20]);
  await check({ op: 'QuantizeLinear', inputs: [x, scalar(0.1), zero(dtype, 7)] });
  await check({ op: 'DequantizeLinear', inputs: unary.slice(0, 3) });
  const parts = [
    noise(dtype, [1, 2, 3, 3]),
    scalar(0.1),
    zero(dtype, 3),
    noise(dtype, [1, 4, 3, 3], 2),
    scalar(0.2),
    zero(dtype, 9),
  ];
  const concat = { op: 'QLinearConcat', domain: microsoft, attributes: { axis: attr.int(1) } };
  await check({ ...concat, inputs: [scalar(0.1), zero(dtype, 3), ...parts], fed: [2, 5] });
  for (const axis of [1, 3])
    await check({
      op: 'QLinearSoftmax',
      domain: microsoft,
      attributes: { axis: attr.int(axis) },
      inputs: [...unary.slice(0, 3), scalar(1 / 256), zero(dtype, 0)],
    });
});

test.each([
  ['both bounds', [-0.5, 0.25]],
  ['lower bound', [-0.5, null]],
  ['upper bound', [null, 0.25]],
  ['crossed bounds', [0.5, -0.25]],
] as const)('Clip by bounds that are only known at run time: %s', async (_, bounds) => {
  const odd = float([2, 3, 5]);
  (odd.data as Float32Array).set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  const inputs = [odd, ...bounds.map((bound) => (bound === null ? null : scalar(bound)))];
  const one = { op: 'Clip', inputs, fed: [0, 1, 2] };
  await check(one);
  expect(scheduleOf(one)).toEqual(['native']);
});
