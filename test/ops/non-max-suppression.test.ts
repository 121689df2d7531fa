import { Tensor } from 'onnxruntime-common';
import { attr } from '../../lib/graph/attribute.js';
import { parse } from '../../lib/graph/parse.js';
import { Model } from '../../lib/model/model.js';
import { InferenceSession } from '../../lib/session/session.js';
import { f32, i64, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { expectAgreement, type OneNode, random, referenceOf } from '../helpers/one-node.js';

const suppression = (inputs: OneNode['inputs'], center = 0): OneNode => ({
  op: 'NonMaxSuppression',
  inputs,
  attributes: { center_point_box: attr.int(center) },
  constants: [2, 3, 4],
});

/** Boxes in random places, which share much: with a size where they have a centre. */
function boxes(dims: readonly number[], center: number): TensorValue {
  const values = toNumbers(random('float32', dims, 4, 1));
  return f32(
    dims,
    values.map((v, i) => (center === 1 && i % 4 > 1 ? 0.1 + Math.abs(v) : v)),
  );
}

/** Of few different values, so that many are equal. */
const scores = (dims: readonly number[]): TensorValue =>
  f32(
    dims,
    toNumbers(random('float32', dims, 5, 1)).map((v) => Math.round(9 * v) / 9),
  );

test.each([0, 1])('a few boxes, center_point_box %d', (center) =>
  expectAgreement(
    suppression(
      [
        f32(
          [1, 6, 4],
          [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, -0.1, 1, 0.9, 0, 10, 1, 11, 0, 10.1, 1, 11.1, 0, 100, 1, 101],
        ),
        f32([1, 2, 6], [0.9, 0.75, 0.6, 0.95, 0.5, 0.3, 0.1, 0.2, 0.9, 0.8, 0.85, 0.4]),
        i64([3]),
        f32([1], [0.5]),
        f32([1], [0.15]),
      ],
      center,
    ),
  ),
);

test.each([
  [1, 0.5, 0],
  [7, 0.3, 0.2],
  [100, 0.1, 0.5],
  [1000, 0, -1],
  [1000, 0.9, 0.99],
  [1000, 1, -2],
  [0, 0.5, -1],
  [-3, 0.5, -1],
])('many boxes with equal scores, at most %d, overlap %d, scores above %d', async (limit, overlap, least) => {
  for (const center of [0, 1])
    for (const count of [90, 131])
      await expectAgreement(
        suppression(
          [
            boxes([2, count, 4], center),
            scores([2, 3, count]),
            i64([limit], []),
            f32([1], [overlap]),
            f32([1], [least]),
          ],
          center,
        ),
      );
});

test('options may be absent', async () => {
  const [where, values] = [boxes([1, 40, 4], 0), scores([1, 2, 40])];
  for (const options of [
    [],
    [i64([5])],
    [i64([5]), f32([1], [0.4])],
    [i64([5]), null, f32([1], [0.2])],
    [null, f32([1], [0.4])],
  ])
    await expectAgreement(suppression([where, values, ...options]));
});

test.each([
  [0, 3, 2],
  [2, 0, 4],
  [1, 5, 0],
])('nothing to select from: %d batches of %d classes and %d boxes', (batches, classes, count) =>
  expectAgreement({
    ...suppression([random('float32', [batches, count, 4]), f32([batches, classes, count], []), i64([3])]),
    notInOrt: 'it takes no tensors without elements',
  }),
);

test('scores that are no numbers, or no more than the least, are never selected', async () => {
  const where = boxes([1, 70, 4], 0);
  const some = toNumbers(scores([1, 1, 70])).map((v, i) => [v, NaN, Infinity, -Infinity, -0, 0][i % 6]!);
  for (const least of [undefined, 0, Number.NEGATIVE_INFINITY, Number.NaN])
    await expectAgreement({
      ...suppression([
        where,
        f32([1, 1, 70], some),
        i64([50]),
        f32([1], [0.6]),
        least === undefined ? null : f32([1], [least]),
      ]),
      ...(least === undefined && { notInOrt: 'it takes all scores where there is no least' }),
    });
});

test.each([0, 1])('edges and overlaps that are no numbers, center_point_box %d', async (center) => {
  const odd = [NaN, Infinity, -Infinity, 3e38, -3e38, 0, 1, 2, 0.5, 1e-40];
  const where = toNumbers(boxes([1, 60, 4], center)).map((v, i) => (i % 7 === 0 ? odd[i % odd.length]! : v));
  for (const overlap of [0, 0.3, 1, -0.5, NaN])
    await expectAgreement({
      ...suppression([f32([1, 60, 4], where), scores([1, 2, 60]), i64([50]), f32([1], [overlap])], center),
      notInOrt: 'it refuses such overlaps, and compares NaN otherwise',
    });
});

test.each([
  ['boxes of other batches', [f32([1, 2, 4], new Array(8).fill(0)), f32([2, 1, 2], [1, 2, 3, 4])]],
  ['boxes of three numbers', [f32([1, 1, 3], [0, 0, 0]), f32([1, 1, 1], [1])]],
  ['two limits', [f32([1, 1, 4], [0, 0, 1, 1]), f32([1, 1, 1], [1]), i64([1, 2]), f32([1], [0.5])]],
])('%s are refused', (_, inputs) =>
  expect(() => referenceOf(suppression(inputs))).toThrow(
    expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
  ),
);

test('only what has a shape that data tell runs outside the engine, and what follows is planned with it', async () => {
  const model = parse(`graph main opsets {"": 18}
  input boxes: float32[1, 3, 4]
  input scores: float32[1, 2, 3]
  constant limit: int64[] = [2]
  constant overlap: float32[] = [0.5]
  list = NonMaxSuppression(boxes, scores, limit, overlap)
  count = Shape(list)
  output list: int64
  output count: int64
end`);
  const session = await InferenceSession.create(new Model(model).toBytes(), { enableProfiling: true });
  const feeds = {
    boxes: new Tensor('float32', [0, 0, 1, 1, 0, 0, 1, 1, 4, 4, 5, 5], [1, 3, 4]),
    scores: new Tensor('float32', [1, 2, 3, 3, 2, 1], [1, 2, 3]),
  };
  const { list, count } = await session.run(feeds);
  expect([...(list!.data as BigInt64Array)].map(Number)).toEqual([0, 0, 2, 0, 0, 1, 0, 1, 0, 0, 1, 2]);
  expect([...(count!.data as BigInt64Array)].map(Number)).toEqual([4, 3]);
  const operators = session.endProfiling().map(({ op, native }) => [op, native]);
  expect(operators).toContainEqual(['ai.kompakt:SelectBoxes', true]);
  expect(operators).toContainEqual(['ai.kompakt:ListBoxes', false]);
  await session.release();
});
