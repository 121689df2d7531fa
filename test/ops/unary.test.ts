import { attr } from '../../lib/graph/attribute.js';
import type { Attribute } from '../../lib/graph/graph.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32, fromNumbers, type TensorValue, tensor } from '../../lib/tensor/tensor.js';
import { expectNativeBytes } from '../helpers/native-like-reference.js';
import { expectAgreement, random, referenceOf } from '../helpers/one-node.js';
import { randomFloats } from '../helpers/random-floats.js';

/** Every unary operator with the inputs that it is defined for: [op, reach, opset, attributes]. */
const operators: readonly [string, number, number?, Record<string, Attribute>?][] = [
  ['Abs', 4],
  ['Acos', 1],
  ['Asin', 1],
  ['Asinh', 4],
  ['Atan', 4],
  ['Atanh', 0.9],
  ['Ceil', 4],
  ['Celu', 4],
  ['Celu', 4, 18, { alpha: attr.float(0.5) }],
  ['Cos', 4],
  ['Cosh', 2],
  ['Elu', 4],
  ['Elu', 4, 18, { alpha: attr.float(0.3) }],
  ['Erf', 3],
  ['Exp', 4],
  ['Floor', 4],
  ['Gelu', 4, 20],
  ['Gelu', 4, 20, { approximate: attr.string('tanh') }],
  ['HardSigmoid', 6],
  ['HardSigmoid', 6, 18, { alpha: attr.float(0.3), beta: attr.float(0.4) }],
  ['HardSwish', 6],
  ['Identity', 4],
  ['LeakyRelu', 4],
  ['LeakyRelu', 4, 18, { alpha: attr.float(0.2) }],
  ['Mish', 4],
  ['Neg', 4],
  ['Reciprocal', 4],
  ['Relu', 4],
  ['Round', 4],
  ['Selu', 4],
  ['Selu', 4, 18, { alpha: attr.float(1.5), gamma: attr.float(1.2) }],
  ['Shrink', 4, 18, { bias: attr.float(0.2), lambd: attr.float(1.5) }],
  ['Sigmoid', 6],
  ['Sign', 4],
  ['Sin', 4],
  ['Sinh', 2],
  ['Softplus', 6],
  ['Softsign', 4],
  ['Tan', 1],
  ['Tanh', 4],
  ['ThresholdedRelu', 4],
  ['ThresholdedRelu', 4, 18, { alpha: attr.float(0.1) }],
];

describe.each(operators)('%s of inputs up to %d', (op, reach, opset = 18, attributes = {}) => {
  const tolerance = 1e-5;
  test.each([[[]], [[0]], [[1]], [[17]], [[2, 3]], [[1, 5, 3, 7]], [[2, 1, 1, 4]]])('shape %j', (dims) =>
    expectAgreement({ op, opset, attributes, tolerance, inputs: [random('float32', dims, 7, reach)] }),
  );
});

test.each(['Log', 'Sqrt', 'Acosh'])('%s of inputs from 1', (op) => {
  const values = randomFloats(210, 3, 4).map((v) => Math.abs(v) + 1);
  return expectAgreement({ op, inputs: [f32([2, 3, 5, 7], values)], tolerance: 1e-5 });
});

test.each([
  'Abs',
  'Ceil',
  'Floor',
  'Neg',
  'Relu',
  'Round',
  'Sign',
  'Exp',
  'Sqrt',
  'Log',
  'Tanh',
  'Sigmoid',
  'Erf',
  'Sin',
  'Cos',
  'Tan',
  'Asin',
  'Acos',
  'Atan',
  'Sinh',
  'Cosh',
  'Asinh',
  'Acosh',
  'Atanh',
])('%s of special values', (op) => {
  const x = f32([8], [Number.NaN, Infinity, -Infinity, 0, -0, 0.5, 1.5, 2.5]);
  return expectAgreement({ op, inputs: [x], tolerance: 1e-5 });
});

test.each<[string, DType]>([
  ['Abs', 'int8'],
  ['Abs', 'int32'],
  ['Abs', 'int64'],
  ['Abs', 'float64'],
  ['Neg', 'int8'],
  ['Neg', 'int64'],
  ['Relu', 'int8'],
  ['Relu', 'int32'],
  ['Sign', 'int8'],
  ['Sign', 'uint8'],
  ['Sign', 'int64'],
  ['Identity', 'int8'],
  ['Identity', 'bool'],
])('%s of %s', async (op, dtype) => {
  await expectAgreement({ op, inputs: [random(dtype, [2, 3, 4, 5], 3, 90)] });
  await expectAgreement({ op, inputs: [random(dtype, [], 3, 90)] });
});

test('Neg and Abs of the lowest int8 wrap', () => {
  const x = fromNumbers('int8', [1], [-128]);
  expect(referenceOf({ op: 'Neg', inputs: [x] })[0]!.data[0]).toBe(-128);
  expect(referenceOf({ op: 'Abs', inputs: [x] })[0]!.data[0]).toBe(-128);
});

test.each<[string, Record<string, Attribute>]>([
  ['IsNaN', {}],
  ['IsInf', {}],
  ['IsInf', { detect_negative: attr.int(0) }],
  ['IsInf', { detect_positive: attr.int(0) }],
])('%s %j', (op, attributes) =>
  expectAgreement({ op, attributes, inputs: [f32([2, 2], [Number.NaN, Infinity, -Infinity, 1])] }),
);

test('Not', () => expectAgreement({ op: 'Not', inputs: [random('bool', [3, 4])] }));

describe('Shrink of integers', () => {
  const shrink = (bias: number, lambd: number, x: TensorValue) => ({
    op: 'Shrink',
    attributes: { bias: attr.float(bias), lambd: attr.float(lambd) },
    inputs: [x],
  });

  test.each([
    [1.5, 2.5],
    [-1.5, 0.5],
    [0.25, 0],
    [2, -3],
    [-100.5, 0.5],
  ])('by %d beyond %d cuts fractions off, and wraps', async (bias, lambd) => {
    for (const dtype of ['int8', 'int64'] as const)
      await expectAgreement(shrink(bias, lambd, fromNumbers(dtype, [7], [5, -5, 127, -128, 1, 0, -1])));
    await expectAgreement(shrink(bias, lambd, fromNumbers('uint8', [5], [5, 127, 255, 1, 0])));
  });

  test('keeps all bits', () => {
    const signed = BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 2n, -(2n ** 53n) - 2n);
    const [y] = referenceOf(shrink(1, 0.5, tensor('int64', [4], signed)));
    expect([...y!.data]).toEqual([2n ** 63n - 2n, 1n - 2n ** 63n, 2n ** 53n + 1n, -(2n ** 53n) - 1n]);
    const unsigned = BigUint64Array.of(2n ** 64n - 1n, 2n ** 63n + 7n, 0n);
    const [z] = referenceOf(shrink(2.5, 0.5, tensor('uint64', [3], unsigned)));
    expect([...z!.data]).toEqual([2n ** 64n - 4n, 2n ** 63n + 4n, 0n]);
  });

  test('takes a bias without an end', () => {
    const [y] = referenceOf(shrink(Infinity, 0.5, fromNumbers('int64', [3], [5, -5, 0])));
    expect([...y!.data]).toEqual([-(2n ** 63n), 2n ** 63n - 1n, 0n]);
  });
});

describe('Clip', () => {
  const x = random('float32', [2, 3, 4, 5], 5, 8);
  test('both bounds', () =>
    expectAgreement({ op: 'Clip', inputs: [x, f32([], [-1]), f32([], [2])], constants: [1, 2] }));
  test('lower bound', () => expectAgreement({ op: 'Clip', inputs: [x, f32([], [-1])], constants: [1] }));
  test('upper bound', () => expectAgreement({ op: 'Clip', inputs: [x, null, f32([], [2])], constants: [2] }));
  test.each<DType>(['float32', 'float64', 'float16'])('absent bounds limit infinity in %s', async (dtype) => {
    const odd = fromNumbers(dtype, [4], [Infinity, -Infinity, Number.NaN, 1]);
    const zero = fromNumbers(dtype, [], [0]);
    for (const bounds of [
      [],
      [zero],
      [null, zero],
      [-Infinity, Infinity].map((v) => fromNumbers(dtype, [], [v])),
    ])
      await expectAgreement({ op: 'Clip', inputs: [odd, ...bounds], constants: [1, 2] });
  });
  test('absent bounds limit infinity in bfloat16', () => {
    const [y] = referenceOf({ op: 'Clip', inputs: [fromNumbers('bfloat16', [2], [Infinity, -Infinity])] });
    expect([...y!.data]).toEqual([0x7f7f, 0xff7f]);
  });
  test.each<DType>(['int8', 'uint8', 'int32', 'int64', 'float64'])('%s', (dtype) =>
    expectAgreement({
      op: 'Clip',
      inputs: [random(dtype, [2, 3, 4, 5], 5, 90), fromNumbers(dtype, [], [3]), fromNumbers(dtype, [], [50])],
      constants: [1, 2],
    }),
  );
});

test.each([
  ['Softsign', [-1, 1]],
  ['Gelu', [-0, Number.POSITIVE_INFINITY]],
  ['HardSwish', [-0, Number.POSITIVE_INFINITY]],
  ['Mish', [-0, Number.POSITIVE_INFINITY]],
  ['Swish', [-0, Number.POSITIVE_INFINITY]],
])('%s gives its limits at infinities, in the engine too', (op, limits) => {
  const inputs = [f32([2], [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])];
  expect([...(referenceOf({ op, inputs, attributes: {} })[0]!.data as Float32Array)]).toEqual(limits);
  expectNativeBytes({ op, inputs, attributes: {} });
});

test('attributes that are absent are float32', () => {
  const x = f32([1], [-15]);
  const [y] = referenceOf({ op: 'LeakyRelu', inputs: [x], attributes: {} });
  expect(y!.data[0]).toBe(Math.fround(-15 * Math.fround(0.01)));
  const double = tensor('float64', [1], Float64Array.of(-15));
  expect(referenceOf({ op: 'LeakyRelu', inputs: [double], attributes: {} })[0]!.data[0]).toBe(
    -15 * Math.fround(0.01),
  );
});
