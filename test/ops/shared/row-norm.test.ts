// Normalisations, softmaxes and block moves against onnxruntime.
import { attr } from '../../../lib/graph/attribute.js';
import { expectLikeOrt, infer, noise } from '../../helpers/run-reference.js';

const positive = (dims: readonly number[]) => noise('float32', dims, 9, [0.1, 2]);
const parameters = (c: number) => [noise('float32', [c], 2), noise('float32', [c], 3)];

test.each([[[2, 3]], [[2, 3, 5]], [[1, 3, 4, 5]], [[1, 3, 2, 3, 2]]])(
  'BatchNormalization %j',
  async (dims) => {
    const inputs = [noise('float32', dims), ...parameters(3), noise('float32', [3], 4), positive([3])];
    await expectLikeOrt(
      { op: 'BatchNormalization', attributes: { epsilon: attr.float(0.01) }, inputs },
      1e-5,
    );
  },
);

test.each([[[2, 3, 5]], [[1, 3, 4, 5]]])('InstanceNormalization %j', async (dims) => {
  await expectLikeOrt(
    { op: 'InstanceNormalization', inputs: [noise('float32', dims), ...parameters(3)] },
    1e-5,
  );
});

test('GroupNormalization with parameters per channel', async () => {
  const attributes = { num_groups: attr.int(3) };
  const inputs = [noise('float32', [2, 6, 4, 3]), ...parameters(6)];
  await expectLikeOrt({ op: 'GroupNormalization', opset: 21, attributes, inputs }, 1e-5);
});

test.each([
  [-1, [5], 3],
  [1, [4, 5], 3],
  [0, [2, 4, 5], 1],
  [2, [5], 2],
] as const)('LayerNormalization axis %d', async (axis, dims, outputs) => {
  const inputs = [noise('float32', [2, 4, 5]), noise('float32', dims, 2), noise('float32', dims, 3)];
  await expectLikeOrt(
    { op: 'LayerNormalization', attributes: { axis: attr.int(axis) }, inputs, outputs },
    1e-5,
  );
  await expectLikeOrt(
    { op: 'LayerNormalization', attributes: { axis: attr.int(axis) }, inputs: inputs.slice(0, 2) },
    1e-5,
  );
});

test.each(['Softmax', 'LogSoftmax', 'Hardmax'])('%s', async (op) => {
  for (const axis of [0, 1, 2, -1])
    await expectLikeOrt(
      { op, attributes: { axis: attr.int(axis) }, inputs: [noise('float32', [2, 7, 5], 1, [-9, 9])] },
      1e-6,
    );
});

test.each([1, 2])('LpNormalization p %d', async (p) => {
  const attributes = { p: attr.int(p), axis: attr.int(1) };
  await expectLikeOrt({ op: 'LpNormalization', attributes, inputs: [noise('float32', [2, 4, 5])] }, 1e-6);
});

test.each([1, 3, 5])('LRN size %d', async (size) => {
  const attributes = {
    size: attr.int(size),
    alpha: attr.float(0.3),
    beta: attr.float(0.6),
    bias: attr.float(2),
  };
  await expectLikeOrt({ op: 'LRN', attributes, inputs: [noise('float32', [2, 7, 3, 2])] }, 1e-6);
});

test.each(['DCR', 'CRD'])('DepthToSpace %s', async (mode) => {
  const attributes = { blocksize: attr.int(2), mode: attr.string(mode) };
  await expectLikeOrt({ op: 'DepthToSpace', attributes, inputs: [noise('float32', [2, 12, 3, 4])] }, 0);
});

test('SpaceToDepth', async () => {
  await expectLikeOrt(
    { op: 'SpaceToDepth', attributes: { blocksize: attr.int(3) }, inputs: [noise('float32', [2, 2, 6, 9])] },
    0,
  );
  expect(() =>
    infer({
      op: 'SpaceToDepth',
      attributes: { blocksize: attr.int(4) },
      inputs: [noise('float32', [2, 2, 6, 9])],
    }),
  ).toThrow(expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }));
});

test('Gelu of com.microsoft', async () => {
  await expectLikeOrt(
    { op: 'Gelu', domain: 'com.microsoft', inputs: [noise('float32', [101], 1, [-6, 6])] },
    1e-6,
  );
});
