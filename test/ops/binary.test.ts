import { attr } from '../../lib/graph/attribute.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32, fromNumbers, i64, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { expectAgreement, positive, random, referenceOf } from '../helpers/one-node.js';

const image = [2, 3, 4, 5];
/** Pairs of shapes that broadcast, with one, both and no operand of full rank. */
const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[0], [1]],
  [[7], [7]],
  [[2, 3], [3]],
  [image, image],
  [image, []],
  [image, [5]],
  [image, [3, 1, 1]],
  [image, [1, 3, 1, 1]],
  [[3, 1, 1], image],
  [
    [2, 1, 4, 1],
    [1, 3, 1, 5],
  ],
  [[1, 1, 1, 1], image],
  [[4, 5], image],
];

describe.each(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min'])('%s', (op) => {
  test.each(shapes)('of %j and %j', async (a, b) => {
    const inputs = [random('float32', a, 3), random('float32', b, 4)];
    await expectAgreement({ op, inputs });
    await expectAgreement({ op, inputs, constants: [1] });
    await expectAgreement({ op, inputs, constants: [0] });
  });

  test.each<DType>(['int32', 'int64', 'float64'])('of %s', (dtype) =>
    expectAgreement({ op, inputs: [random(dtype, image, 3, 90), random(dtype, [5], 4, 9)].map(nonZero) }),
  );
});

/** Divisors must not be zero. */
const nonZero = (t: TensorValue): TensorValue =>
  fromNumbers(
    t.dtype,
    t.dims,
    toNumbers(t).map((v) => v || 1),
  );

test('integers wrap', () => {
  const big = fromNumbers('int32', [1], [2 ** 31 - 1]);
  const [sum] = referenceOf({ op: 'Add', inputs: [big, big] });
  const [product] = referenceOf({ op: 'Mul', inputs: [big, big] });
  expect([sum!.data[0], product!.data[0]]).toEqual([-2, 1]);
});

test('division of integers by zero is an error', () => {
  const run = () =>
    referenceOf({ op: 'Div', inputs: [fromNumbers('int32', [1], [1]), fromNumbers('int32', [1], [0])] });
  expect(run).toThrow(expect.objectContaining({ code: 'KPT_DATA_MALFORMED' }));
});

test.each(shapes)('Pow of %j and %j', (a, b) => {
  return expectAgreement({
    op: 'Pow',
    tolerance: 2e-5,
    inputs: [positive(a, 3, 0.1, 4), random('float32', b, 4, 2)],
  });
});

test('Pow by 2, and of mixed types', async () => {
  const x = random('float32', image, 3);
  await expectAgreement({ op: 'Pow', inputs: [x, f32([], [2])], constants: [1] });
  await expectAgreement({ op: 'Pow', inputs: [x, fromNumbers('int64', [], [3])], constants: [1] });
  await expectAgreement({
    op: 'Pow',
    inputs: [fromNumbers('int64', [3], [-2, 3, 5]), fromNumbers('int64', [], [3])],
  });
});

test.each([[[1]], [[5]], [[3, 1, 1]], [image]])('PRelu with a slope of %j', async (slope) => {
  const inputs = [random('float32', image, 3), random('float32', slope, 4)];
  await expectAgreement({ op: 'PRelu', inputs, constants: [1] });
});

// onnxruntime makes of every float that int64 does not have its least number, on x86: here infinity is the largest.
test.each([
  [[-4, 9], [0.5], [-(2n ** 63n), 3n]],
  [[0, 4], [-0.5], [2n ** 63n - 1n, 0n]],
] as const)('Pow of the integers %j and %j', async ([a, b], [exponent], wanted) => {
  const one = { op: 'Pow', inputs: [i64([a, b]), f32([], [exponent])] };
  await expectAgreement({ ...one, ...(a === 0 ? { notInOrt: 'infinity is its least number there' } : {}) });
  expect([...(referenceOf(one)[0]!.data as BigInt64Array)]).toEqual(wanted);
});

describe('Pow of integers by integers', () => {
  const least = -(2n ** 63n);
  const int64 = (...values: bigint[]): TensorValue =>
    tensor('int64', [values.length], BigInt64Array.from(values));

  // onnxruntime takes the power in doubles, but for the exponents 2 and 3, and makes of what int64 does not have its least number.
  test.each([2n, 3n])('wraps by %d as in onnxruntime', (exponent) =>
    expectAgreement({ op: 'Pow', inputs: [int64(2n ** 32n + 1n, 3n - 2n ** 40n, 7n), int64(exponent)] }),
  );

  test.each([0n, 1n, 39n, 40n, 64n, 1000n])('wraps by %d', (exponent) => {
    const bases = [3n, -3n, 2n, 10n, 2n ** 62n + 1n, least, 0n, 1n, -1n];
    const [y] = referenceOf({ op: 'Pow', inputs: [int64(...bases), int64(exponent)] });
    expect([...(y!.data as BigInt64Array)]).toEqual(bases.map((b) => BigInt.asIntN(64, b ** exponent)));
  });

  test('takes exponents of any size', () => {
    const largest = 2n ** 63n - 1n;
    const [y] = referenceOf({ op: 'Pow', inputs: [int64(3n, 2n, -1n, 0n, 1n), int64(largest)] });
    // The odd numbers are a group of order 2^63 of which 3 has order 2^62: 3^(2^63) is 1.
    expect(BigInt.asIntN(64, (y!.data as BigInt64Array)[0]! * 3n)).toBe(1n);
    expect([...(y!.data as BigInt64Array)].slice(1)).toEqual([0n, -1n, 0n, 1n]);
    const unsigned = tensor('uint64', [], BigUint64Array.of(2n ** 64n - 1n));
    const [z] = referenceOf({ op: 'Pow', inputs: [fromNumbers('int32', [3], [3, -1, 2]), unsigned] });
    expect([Math.imul(z!.data[0] as number, 3), z!.data[1], z!.data[2]]).toEqual([1, -1, 0]);
  });

  test.each([-1n, -2n, least])('cuts fractions off by %d, as onnxruntime', async (exponent) => {
    await expectAgreement({ op: 'Pow', inputs: [int64(1n, -1n, 2n, -2n, 5n), int64(exponent)] });
    const zero = { op: 'Pow', inputs: [int64(0n), int64(exponent)] };
    await expectAgreement({ ...zero, notInOrt: 'infinity is its least number there' });
    expect([...(referenceOf(zero)[0]!.data as BigInt64Array)]).toEqual([2n ** 63n - 1n]);
  });
});

test('PRelu refuses a slope that is larger than the input', () => {
  const run = () =>
    expectAgreement({
      op: 'PRelu',
      inputs: [random('float32', [3]), random('float32', [2, 3])],
      notInOrt: '',
    });
  return expect(run()).rejects.toThrow(expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }));
});

describe.each(['Max', 'Min', 'Sum', 'Mean'])('%s of many', (op) => {
  test.each([1, 2, 3, 4])('%d inputs', (n) => {
    const dims = [image, [5], [2, 1, 4, 1], [3, 1, 1]];
    return expectAgreement({ op, inputs: dims.slice(0, n).map((d, i) => random('float32', d, i + 2)) });
  });
  test('images', () =>
    expectAgreement({ op, inputs: [1, 2, 3].map((seed) => random('float32', image, seed)) }));
});

test.each([0, 1])('Mod with fmod = %d', async (fmod) => {
  const inputs = ['int32', 'int64'].map((t) => [
    fromNumbers(t as DType, [6], [7, -7, 7, -7, 0, 4]),
    fromNumbers(t as DType, [6], [3, 3, -3, -3, 3, -2]),
  ]);
  for (const pair of inputs)
    await expectAgreement({ op: 'Mod', attributes: { fmod: attr.int(fmod) }, inputs: pair });
  if (fmod === 1)
    await expectAgreement({
      op: 'Mod',
      attributes: { fmod: attr.int(1) },
      inputs: [random('float32', [9], 3), random('float32', [9], 4)],
    });
});

describe.each(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'])('%s', (op) => {
  test.each<DType>(['float32', 'int32', 'int64'])('of %s', (dtype) =>
    expectAgreement({ op, inputs: [random(dtype, image, 3, 2), random(dtype, [4, 1], 4, 2)] }),
  );
});

test('Equal of strings', () =>
  expectAgreement({
    op: 'Equal',
    opset: 19,
    inputs: [tensor('string', [2], ['a', 'b']), tensor('string', [1], ['b'])],
  }));

test.each(['And', 'Or', 'Xor'])('%s', (op) =>
  expectAgreement({ op, inputs: [random('bool', [4, 1, 5], 3), random('bool', [3, 1], 4)] }),
);

test.each(['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'])('%s', async (op) => {
  await expectAgreement({ op, inputs: [random('int32', [4, 1], 3, 1000), random('int32', [3], 4, 1000)] });
  await expectAgreement({ op, inputs: [random('uint8', [4, 1], 3, 250), random('uint8', [3], 4, 250)] });
});

test('BitwiseNot', () => expectAgreement({ op: 'BitwiseNot', inputs: [random('int8', [9], 3, 100)] }));

test.each(['LEFT', 'RIGHT'])('BitShift %s', (direction) =>
  expectAgreement({
    op: 'BitShift',
    attributes: { direction: attr.string(direction) },
    inputs: [random('uint32', [5], 3, 1000), random('uint32', [1], 4, 5)],
  }),
);

test.each<DType>(['float32', 'int64', 'uint8'])('Where of %s', (dtype) =>
  expectAgreement({
    op: 'Where',
    inputs: [random('bool', [4, 1], 2), random(dtype, image, 3), random(dtype, [3, 1, 1], 4)],
  }),
);

test('Where of strings', () => {
  const text = (...values: string[]) => tensor('string', [values.length], values);
  return expectAgreement({
    op: 'Where',
    inputs: [random('bool', [2, 1], 2), text('a', 'b'), text('c', 'd')],
  });
});

test('shapes that do not broadcast are refused by name', () =>
  expect(
    expectAgreement({ op: 'Add', inputs: [random('float32', [2]), random('float32', [3])], notInOrt: '' }),
  ).rejects.toThrow(/Add node/));
