import { attr } from '../../lib/graph/attribute.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32, fromNumbers, i64 } from '../../lib/tensor/tensor.js';
import { expectAgreement, positive, random, referenceOf } from '../helpers/one-node.js';

const operators = [
  'ReduceSum',
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
  'ReduceProd',
  'ReduceL1',
  'ReduceL2',
  'ReduceSumSquare',
  'ReduceLogSum',
  'ReduceLogSumExp',
];

/** Positive, so that ReduceLogSum is defined. */
const image = positive([2, 3, 4, 5], 5);

const axes: readonly (readonly number[])[] = [
  [0],
  [1],
  [-1],
  [2, 3],
  [1, 2],
  [0, 2],
  [1, 3],
  [0, 2, 3],
  [0, 1, 2, 3],
];

describe.each(operators)('%s', (op) => {
  test.each(axes.flatMap((a) => [0, 1].map((keepdims) => ({ a, keepdims }))))(
    'over $a keepdims $keepdims',
    ({ a, keepdims }) =>
      expectAgreement({
        op,
        inputs: [image, i64(a)],
        constants: [1],
        attributes: { keepdims: attr.int(keepdims) },
        tolerance: 1e-5,
      }),
  );

  test('over all axes by default', () => expectAgreement({ op, inputs: [image], tolerance: 1e-5 }));

  test('over none', () =>
    expectAgreement({
      op,
      inputs: [image, i64([])],
      constants: [1],
      attributes: { noop_with_empty_axes: attr.int(1) },
    }));

  test.each([
    [[1, 3, 1, 5], [2]],
    [
      [1, 1, 4, 1],
      [1, 2],
    ],
    [
      [2, 17, 1, 1],
      [2, 3],
    ],
    [[2, 1, 3, 3], [1]],
    [[33], [0]],
  ])('of %j over %j', (dims, over) =>
    expectAgreement({
      op,
      inputs: [positive(dims, 5), i64(over)],
      constants: [1],
      tolerance: 1e-5,
    }),
  );
});

test.each<[string, DType]>([
  ['ReduceSum', 'int32'],
  ['ReduceSum', 'int64'],
  ['ReduceMean', 'int32'],
  ['ReduceMax', 'int64'],
  ['ReduceMin', 'int8'],
  ['ReduceMax', 'uint8'],
])('%s of %s', (op, dtype) =>
  expectAgreement({ op, inputs: [random(dtype, [2, 3, 4, 5], 3, 9), i64([1, 3])], constants: [1] }),
);

test.each([[[-4, 1]], [[0, 0]], [[3, 5]]])('ReduceLogSum of the integers %j', async (values) => {
  const one = { op: 'ReduceLogSum', inputs: [i64(values)] };
  const sum = values.reduce((a, b) => a + b, 0);
  const wanted = sum > 0 ? BigInt(Math.trunc(Math.log(sum))) : -(2n ** 63n);
  expect(referenceOf(one)[0]!.data[0]).toBe(wanted);
  await expectAgreement(one);
});

test.each(['ReduceSum', 'ReduceProd'])('%s of nothing', (op) =>
  expectAgreement({ op, inputs: [f32([2, 0], []), i64([1])], constants: [1] }),
);

describe.each(['ArgMax', 'ArgMin'])('%s', (op) => {
  test.each([-1, 0, 2])('along axis %d', async (axis) => {
    const x = random('float32', [3, 4, 5], 3, 2);
    await expectAgreement({ op, inputs: [x], attributes: { axis: attr.int(axis) } });
    await expectAgreement({ op, inputs: [x], attributes: { axis: attr.int(axis), keepdims: attr.int(0) } });
  });
  test.each([0, 1])('ties with select_last_index %d', (last) =>
    expectAgreement({
      op,
      inputs: [fromNumbers('int32', [2, 4], [1, 3, 3, 1, 0, 0, 0, 0])],
      attributes: { axis: attr.int(1), select_last_index: attr.int(last) },
    }),
  );
});

describe('CumSum', () => {
  test.each([
    [0, 0, 0],
    [1, 1, 0],
    [2, 0, 1],
    [-1, 1, 1],
  ])('axis %d exclusive %d reverse %d', (axis, exclusive, reverse) =>
    expectAgreement({
      op: 'CumSum',
      inputs: [random('float32', [3, 4, 5], 3), i64([axis], [])],
      attributes: { exclusive: attr.int(exclusive), reverse: attr.int(reverse) },
      constants: [1],
      tolerance: 1e-5,
    }),
  );
  test('int64', () => expectAgreement({ op: 'CumSum', inputs: [random('int64', [7], 3, 9), i64([0], [])] }));
});
