import { attr } from '../../lib/graph/attribute.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32, fromNumbers, i64, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { expectAgreement, random, referenceOf } from '../helpers/one-node.js';

const image = (dtype: DType = 'float32', seed = 3): TensorValue => random(dtype, [2, 3, 4, 5], seed, 90);
const text = (...values: string[]): TensorValue => tensor('string', [values.length], values);

describe('Gather', () => {
  test.each([
    [0, [1, 0, 1], [3]],
    [1, [2], []],
    [2, [-1, 0, 1, -4], [2, 2]],
    [3, [], [0]],
  ])('axis %d at %j', async (axis, at, dims) => {
    const attributes = { axis: attr.int(axis) };
    await expectAgreement({ op: 'Gather', inputs: [image(), i64(at, dims)], attributes, constants: [1] });
    await expectAgreement({ op: 'Gather', inputs: [image(), fromNumbers('int32', dims, at)], attributes });
  });
  test.each<DType>(['int8', 'uint8', 'int64', 'bool', 'float64'])('of %s', (dtype) =>
    expectAgreement({
      op: 'Gather',
      inputs: [image(dtype), i64([1, -1])],
      attributes: { axis: attr.int(2) },
    }),
  );
  test('of strings', () => expectAgreement({ op: 'Gather', inputs: [text('a', 'b', 'c'), i64([2, 0])] }));
  test('out of range', () => {
    const run = () => referenceOf({ op: 'Gather', inputs: [image(), i64([2])] });
    expect(run).toThrow(expect.objectContaining({ code: 'KPT_DATA_MALFORMED' }));
  });
});

test.each([0, 1, -1])('GatherElements axis %d', (axis) =>
  expectAgreement({
    op: 'GatherElements',
    inputs: [random('float32', [3, 3]), i64([0, -1, 2, 1, 1, 0], [2, 3])],
    attributes: { axis: attr.int(axis) },
  }),
);

test.each([
  [
    [
      [0, 1],
      [1, -1],
    ].flat(),
    [2, 2],
    0,
  ],
  [[1, 0], [2, 1], 0],
  [[2, 1], [2, 1], 1],
  [[0, 1, 2, 3], [1, 4], 0],
])('GatherND at %j shaped %j after %d batch dims', (at, dims, batch) =>
  expectAgreement({
    op: 'GatherND',
    inputs: [image(), i64(at, dims)],
    attributes: { batch_dims: attr.int(batch) },
  }),
);

describe.each(['none', 'add', 'mul', 'max', 'min'])('scatter with %s', (reduction) => {
  const attributes = { reduction: attr.string(reduction) };
  test.each<DType>(['float32', 'int64', 'int32'])('of %s', async (dtype) => {
    await expectAgreement({
      op: 'ScatterElements',
      inputs: [random(dtype, [3, 4]), i64([0, -1, 2, 1, 1, 0], [2, 3]), random(dtype, [2, 3], 9)],
      attributes: { ...attributes, axis: attr.int(1) },
    });
    await expectAgreement({
      op: 'ScatterND',
      inputs: [random(dtype, [4, 3]), i64([2, 0], [2, 1]), random(dtype, [2, 3], 9)],
      attributes,
    });
  });
});

describe('TopK', () => {
  test.each([
    [-1, 1],
    [0, 1],
    [1, 0],
  ])('axis %d largest %d', (axis, largest) =>
    expectAgreement({
      op: 'TopK',
      inputs: [random('float32', [3, 4, 5], 3), i64([2])],
      constants: [1],
      outputs: 2,
      attributes: { axis: attr.int(axis), largest: attr.int(largest) },
    }),
  );
  test.each([1, 10, 150, 300])('the %d best of a long line', (k) =>
    expectAgreement({
      op: 'TopK',
      inputs: [random('float32', [5, 300], 7), i64([k])],
      constants: [1],
      outputs: 2,
    }),
  );
  test('ties', () =>
    expectAgreement({ op: 'TopK', inputs: [i64([3, 1, 3, 3, 1]), i64([4])], constants: [1], outputs: 2 }));
  test('of nothing', () =>
    expectAgreement({
      op: 'TopK',
      inputs: [f32([2, 3], [1, 2, 3, 4, 5, 6]), i64([0])],
      constants: [1],
      outputs: 2,
    }));
});

test.each<DType>(['float32', 'int64', 'bool'])('NonZero of %s', (dtype) =>
  expectAgreement({ op: 'NonZero', inputs: [random(dtype, [3, 4, 5], 3, 1)] }),
);

test.each([undefined, 0, 1, -1])('Compress along %s', (axis) =>
  expectAgreement({
    op: 'Compress',
    inputs: [random('float32', [3, 4]), fromNumbers('bool', [3], [1, 0, 1])],
    attributes: axis === undefined ? {} : { axis: attr.int(axis) },
  }),
);

test.each([-1, 0, 1])('OneHot axis %d', (axis) =>
  expectAgreement({
    op: 'OneHot',
    inputs: [i64([0, 3, -1, 9, 1, 2], [2, 3]), i64([4], []), f32([2], [-1, 5])],
    constants: [1],
    attributes: { axis: attr.int(axis) },
  }),
);

test.each([
  [1, 0],
  [1, 1],
  [0, -1],
  [0, 0],
])('Trilu upper %d k %d', (upper, k) =>
  expectAgreement({
    op: 'Trilu',
    inputs: [random('float32', [2, 3, 4]), i64([k], [])],
    attributes: { upper: attr.int(upper) },
  }),
);

test.each([-1, 0, 2])('EyeLike k %d', (k) =>
  expectAgreement({
    op: 'EyeLike',
    inputs: [random('float32', [3, 4])],
    attributes: { k: attr.int(k), dtype: attr.int(7) },
  }),
);

test.each([0, 1])('ReverseSequence with batch axis %d', (batch) =>
  expectAgreement({
    op: 'ReverseSequence',
    inputs: [random('float32', [4, 4, 2]), i64([1, 2, 3, 4])],
    attributes: { batch_axis: attr.int(batch), time_axis: attr.int(1 - batch) },
  }),
);

test.each([
  ['int64', 1, 9, 3],
  ['int64', 9, 1, -2],
  ['int32', 5, 5, 1],
  ['float32', 0, 1, 0.3],
] as [DType, number, number, number][])('Range of %s from %d to %d by %d', (dtype, ...numbers) =>
  expectAgreement({
    op: 'Range',
    inputs: numbers.map((n) => fromNumbers(dtype, [], [n])),
    constants: [0, 1, 2],
  }),
);

const end = 2n ** 63n;
const inDoubles = 'it takes the distance of the ends in doubles';

test.each([
  [2n ** 53n + 1n, 2n ** 53n + 8n, 3n, [2n ** 53n + 1n, 2n ** 53n + 4n, 2n ** 53n + 7n], undefined],
  [end - 9n, end - 1n, 3n, [end - 9n, end - 6n, end - 3n], inDoubles],
  [2n - end, -end, -1n, [2n - end, 1n - end], inDoubles],
  [end - 1n, end - 9n, 1n, [], undefined],
  [-end, end - 1n, 2n ** 62n + 1n, [-end, 1n - 2n ** 62n, 2n, 2n ** 62n + 3n], inDoubles],
])('Range of int64 from %d to %d by %d', async (start, limit, delta, wanted, notInOrt) => {
  const inputs = [start, limit, delta].map((n) => tensor('int64', [], BigInt64Array.of(n)));
  await expectAgreement({ op: 'Range', inputs, constants: [0, 1, 2], ...(notInOrt && { notInOrt }) });
  expect([...(referenceOf({ op: 'Range', inputs })[0]!.data as BigInt64Array)]).toEqual(wanted);
});

test.each<[DType, number[]]>([
  ['float32', [1]],
  ['int64', [700]],
  ['float64', [1, 1, 5]],
  ['uint8', [5, 1, 7, 3]],
  ['bool', [3, 0]],
])('NonZero of %s %j', (dtype, dims) =>
  expectAgreement({
    op: 'NonZero',
    inputs: [random(dtype, dims, 4, 1)],
    ...(dtype === 'float64' ? { notInOrt: 'it has no NonZero of float64' } : {}),
  }),
);

test('NonZero: not by bits', () => {
  const values = [0, -0, Number.NaN, 1e-40, 2];
  for (const dtype of ['float32', 'float16', 'int64'] as const) {
    const x = dtype === 'int64' ? i64([0, 0, 2 ** 40, 1, -1]) : fromNumbers(dtype, [5], values);
    const [y] = referenceOf({ op: 'NonZero', inputs: [x] });
    expect([...toNumbers(y!)]).toEqual(dtype === 'float16' ? [2, 4] : [2, 3, 4]);
  }
});

test('ConstantOfShape', async () => {
  await expectAgreement({ op: 'ConstantOfShape', inputs: [i64([2, 3])], constants: [0] });
  await expectAgreement({
    op: 'ConstantOfShape',
    inputs: [i64([])],
    constants: [0],
    attributes: { value: attr.tensor(i64([7])) },
  });
});

test.each([
  [
    'ij,jk->ik',
    [
      [2, 3],
      [3, 4],
    ],
  ],
  [
    'ij,jk',
    [
      [2, 3],
      [3, 4],
    ],
  ],
  [
    'bij,bjk->bik',
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
  ],
  [
    '...ij,...jk->...ik',
    [
      [5, 3, 4],
      [5, 4, 2],
    ],
  ],
  ['ii->i', [[3, 3]]],
  ['ij->', [[2, 3]]],
  ['i,j->ij', [[2], [3]]],
  [
    'bhwc,hkc->bhwk',
    [
      [2, 3, 4, 5],
      [3, 6, 5],
    ],
  ],
  ['abc->cba', [[2, 3, 4]]],
])('Einsum %s', (equation, shapes) =>
  expectAgreement({
    op: 'Einsum',
    inputs: shapes.map((dims, i) => random('float32', dims, i + 2)),
    attributes: { equation: attr.string(equation) },
    tolerance: 1e-5,
  }),
);

test('Det', () => expectAgreement({ op: 'Det', inputs: [random('float32', [2, 3, 3])], tolerance: 1e-4 }));

test.each([
  [undefined, 1],
  [undefined, 0],
  [0, 1],
  [1, 1],
  [1, 0],
])('Unique along %s sorted %d', (axis, sorted) =>
  expectAgreement({
    op: 'Unique',
    inputs: [f32([3, 4], [2, 1, 1, 2, 3, 0, 0, 3, 2, 1, 1, 2])],
    outputs: 4,
    attributes: { sorted: attr.int(sorted), ...(axis === undefined ? {} : { axis: attr.int(axis) }) },
  }),
);

test('Unique of integers that no number holds, and of strings', async () => {
  const large = 2n ** 53n;
  const integers = tensor('int64', [5], BigInt64Array.of(large + 1n, large, -large, large + 1n, 0n));
  const strings = tensor('string', [4], ['b', 'a', '', 'b']);
  for (const x of [integers, strings])
    for (const sorted of [0, 1])
      await expectAgreement({
        op: 'Unique',
        inputs: [x],
        outputs: 4,
        attributes: { sorted: attr.int(sorted) },
      });
});
