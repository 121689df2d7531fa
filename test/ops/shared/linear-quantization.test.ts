// Quantising, dequantising and integer elementwise operators against onnxruntime.
import { attr } from '../../../lib/graph/attribute.js';
import type { DType } from '../../../lib/tensor/dtype.js';
import { f32, fromNumbers, type TensorValue, tensor } from '../../../lib/tensor/tensor.js';
import { expectLikeOrt, infer, noise, reference } from '../../helpers/run-reference.js';

const scalar = (value: number): TensorValue => f32([], [value]);
const zero = (dtype: DType, value: number): TensorValue => fromNumbers(dtype, [], [value]);
const values = noise('float32', [3, 4, 5], 1, [-20, 20]);

test.each([
  ['uint8', 100],
  ['int8', -7],
  ['uint16', 30000],
  ['int16', 5],
] as const)('QuantizeLinear to %s', async (dtype, z) => {
  await expectLikeOrt({ op: 'QuantizeLinear', opset: 21, inputs: [values, scalar(0.07), zero(dtype, z)] }, 0);
});

test('QuantizeLinear rounds halves to even and saturates', () => {
  const x = f32([7], [-3.5, -2.5, -0.5, 0.5, 1.5, 1000, Number.NaN]);
  const [y] = reference({ op: 'QuantizeLinear', inputs: [x, scalar(1), zero('int8', 0)] });
  expect([...y.data]).toEqual([-4, -2, 0, 0, 2, 127, 0]);
});

test('per axis and per block', async () => {
  const scales = f32([4], [0.1, 0.2, 0.3, 0.4]);
  const zeros = tensor('int8', [4], Int8Array.of(1, -2, 3, 0));
  await expectLikeOrt(
    { op: 'QuantizeLinear', attributes: { axis: attr.int(1) }, inputs: [values, scales, zeros] },
    0,
  );
  await expectLikeOrt(
    {
      op: 'DequantizeLinear',
      attributes: { axis: attr.int(-2) },
      inputs: [noise('int8', [3, 4, 5]), scales, zeros],
    },
    1e-6,
  );
  const blocks = { axis: attr.int(1), block_size: attr.int(2) };
  const blockScales = noise('float32', [3, 2, 5], 4, [0.05, 0.3]);
  await expectLikeOrt(
    {
      op: 'QuantizeLinear',
      opset: 21,
      attributes: blocks,
      inputs: [values, blockScales, noise('uint8', [3, 2, 5], 5)],
    },
    0,
  );
  await expectLikeOrt(
    {
      op: 'DequantizeLinear',
      opset: 21,
      attributes: blocks,
      inputs: [noise('uint8', [3, 4, 5]), blockScales, noise('uint8', [3, 2, 5], 5)],
    },
    1e-6,
  );
  expect(() => infer({ op: 'QuantizeLinear', inputs: [values, f32([3], [1, 1, 1])] })).toThrow(
    expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
  );
});

test.each(['uint8', 'int8', 'int16', 'uint16'] as const)('DequantizeLinear of %s', async (dtype) => {
  const x = noise(dtype, [3, 5], 1, dtype === 'int8' ? [-128, 127] : [0, 255]);
  await expectLikeOrt({ op: 'DequantizeLinear', opset: 21, inputs: [x, scalar(0.03), zero(dtype, 9)] }, 1e-6);
});

test('DequantizeLinear of int32 and int4', async () => {
  await expectLikeOrt(
    { op: 'DequantizeLinear', inputs: [noise('int32', [9], 1, [-9000, 9000]), scalar(0.03)] },
    1e-6,
  );
  const x = fromNumbers('int4', [4], [-8, -1, 0, 7]);
  const [y] = reference({ op: 'DequantizeLinear', opset: 21, inputs: [x, scalar(0.5)] });
  expect([...y.data]).toEqual([-4, -0.5, 0, 3.5]);
});

test.each(['QuantizeLinear', 'DequantizeLinear'])('%s of com.microsoft', async (op) => {
  const x = op === 'QuantizeLinear' ? values : noise('uint8', [3, 4]);
  await expectLikeOrt({ op, domain: 'com.microsoft', inputs: [x, scalar(0.07), zero('uint8', 100)] }, 1e-6);
});

test('DynamicQuantizeLinear', async () => {
  for (const range of [
    [-3, 5],
    [1, 4],
    [-4, -1],
  ] as const)
    await expectLikeOrt(
      { op: 'DynamicQuantizeLinear', inputs: [noise('float32', [37], 1, range)], outputs: 3 },
      1e-6,
    );
});

const pairs = [
  [
    [2, 3, 4],
    [2, 3, 4],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [[1], [2, 5]],
] as const;

test.each(
  ['QLinearAdd', 'QLinearMul'].flatMap((op) =>
    pairs.flatMap(([a, b]) => (['uint8', 'int8'] as const).map((t) => [op, t, a, b] as const)),
  ),
)('%s of %s: [%s] and [%s]', async (op, dtype, a, b) => {
  const inputs = [
    noise(dtype, a),
    scalar(0.05),
    zero(dtype, 20),
    noise(dtype, b, 2),
    scalar(0.03),
    zero(dtype, 100),
    scalar(0.2),
    zero(dtype, 60),
  ];
  await expectLikeOrt({ op, domain: 'com.microsoft', inputs }, 1);
});

test.each(
  ['QLinearSigmoid', 'QLinearLeakyRelu'].flatMap((op) =>
    (['uint8', 'int8'] as const).map((t) => [op, t] as const),
  ),
)('%s of %s', async (op, dtype) => {
  const inputs = [noise(dtype, [300]), scalar(0.05), zero(dtype, 20), scalar(0.01), zero(dtype, 3)];
  await expectLikeOrt(
    {
      op,
      domain: 'com.microsoft',
      attributes: op === 'QLinearLeakyRelu' ? { alpha: attr.float(0.2) } : {},
      inputs,
    },
    1,
  );
});

test.each([
  [1, 13],
  [2, 13],
  [1, 11],
])('QLinearSoftmax axis %d, opset %d', async (axis, opset) => {
  const attributes = { axis: attr.int(axis), opset: attr.int(opset) };
  const inputs = [
    noise('uint8', [2, 4, 5]),
    scalar(0.03),
    zero('uint8', 20),
    scalar(1 / 256),
    zero('uint8', 0),
  ];
  await expectLikeOrt({ op: 'QLinearSoftmax', domain: 'com.microsoft', attributes, inputs }, 1);
});

test('QLinearConcat', async () => {
  const inputs = [
    scalar(0.1),
    zero('uint8', 30),
    noise('uint8', [2, 3, 4]),
    scalar(0.1),
    zero('uint8', 30),
    noise('uint8', [2, 1, 4], 2),
    scalar(0.05),
    zero('uint8', 99),
  ];
  await expectLikeOrt(
    { op: 'QLinearConcat', domain: 'com.microsoft', attributes: { axis: attr.int(1) }, inputs },
    1,
  );
});
