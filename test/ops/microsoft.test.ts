// The operators that onnxruntime's optimiser and quantiser write: against onnxruntime, and steps against references.
import { attr } from '../../lib/graph/attribute.js';
import type { Attribute } from '../../lib/graph/graph.js';
import { f32, type TensorValue, tensor } from '../../lib/tensor/tensor.js';
import { expectNativeLikeReference } from '../helpers/native-like-reference.js';
import { expectLikeOrt, infer, noise } from '../helpers/run-reference.js';

const float = (dims: readonly number[], seed = 1): TensorValue => noise('float32', dims, seed);
const domain = 'com.microsoft';

interface Case {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly (TensorValue | null)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly fed?: readonly number[];
}

const cases: readonly Case[] = [
  { op: 'BiasGelu', inputs: [float([3, 5, 7]), float([7], 2)] },
  { op: 'FastGelu', inputs: [float([3, 5, 7])] },
  { op: 'FastGelu', inputs: [float([3, 5, 7]), float([7], 2)] },
  { op: 'QuickGelu', inputs: [float([3, 5, 7])] },
  { op: 'QuickGelu', inputs: [float([4])], attributes: { alpha: attr.float(0.5) } },
  { op: 'FusedMatMul', inputs: [float([3, 5]), float([5, 4], 2)], attributes: { alpha: attr.float(0.5) } },
  {
    op: 'FusedMatMul',
    inputs: [float([2, 5, 3]), float([2, 4, 5], 2)],
    attributes: { transA: attr.int(1), transB: attr.int(1), alpha: attr.float(-2) },
    fed: [0, 1],
  },
  {
    op: 'FusedGemm',
    inputs: [float([3, 5]), float([4, 5], 2), float([4], 3)],
    attributes: { transB: attr.int(1), activation: attr.string('Relu') },
  },
  {
    op: 'FusedGemm',
    inputs: [float([3, 5]), float([5, 4], 2), float([4], 3)],
    attributes: {
      beta: attr.float(0.5),
      activation: attr.string('LeakyRelu'),
      activation_alpha: attr.float(0.3),
    },
  },
  {
    op: 'SkipLayerNormalization',
    inputs: [float([2, 3, 8]), float([2, 3, 8], 2), float([8], 3)],
    fed: [0, 1],
  },
  {
    op: 'SkipLayerNormalization',
    inputs: [float([2, 3, 9]), float([2, 3, 9], 2), float([9], 3), float([9], 4), float([9], 5)],
    attributes: { epsilon: attr.float(1e-5) },
    fed: [0, 1],
  },
  // A sequence that is added to each of the batch, as positions are.
  {
    op: 'SkipLayerNormalization',
    inputs: [float([2, 3, 9]), float([3, 9], 2), float([9], 3), float([9], 4), float([9], 5)],
    fed: [0, 1],
  },
  {
    op: 'SkipSimplifiedLayerNormalization',
    inputs: [float([4, 3, 8]), float([1, 3, 8], 2), float([8], 3)],
    fed: [0, 1],
  },
  {
    op: 'SkipSimplifiedLayerNormalization',
    inputs: [float([2, 3, 8]), float([2, 3, 8], 2), float([8], 3), float([8], 4)],
    fed: [0, 1],
  },
  { op: 'SimplifiedLayerNormalization', domain: '', inputs: [float([2, 3, 8]), float([8], 3)] },
];

test.each(cases.map((one) => [`${one.op} of ${one.inputs.length}`, one] as const))('%s', async (_, one) => {
  await expectLikeOrt({ domain, ...one }, 2e-6);
  await expectNativeLikeReference({ domain, ...one });
});

test('SkipLayerNormalization also gives the sum', async () => {
  const inputs = [float([2, 3, 8]), float([2, 3, 8], 2), float([8], 3), null, float([8], 5)];
  await expectLikeOrt(
    { op: 'SkipLayerNormalization', domain, inputs, outputs: [true, false, false, true] },
    2e-6,
  );
});

test.each([[[2, 1, 8]], [[1, 1, 8]], [[8]], [[2, 3, 8, 1]]])(
  'SkipLayerNormalization refuses a skip of %j',
  (dims) => {
    const inputs = [float([2, 3, 8]), float(dims, 2), float([8], 3)];
    expect(() => infer({ op: 'SkipLayerNormalization', domain, inputs })).toThrow(
      expect.objectContaining({
        code: 'KPT_SHAPE_MISMATCH',
        message: expect.stringContaining('[2,3,8] or [1,3,8] or [3,8]'),
      }),
    );
  },
);

test.each(['uint8', 'int8'] as const)('DynamicQuantizeLSTM with %s weights', async (dtype) => {
  const zero = tensor(dtype, [1], dtype === 'int8' ? Int8Array.of(2) : Uint8Array.of(120));
  const scale = f32([1], [0.003]);
  const weights = [noise(dtype, [1, 5, 24], 2), noise(dtype, [1, 6, 24], 3)];
  const states = [float([1, 2, 6], 5), float([1, 2, 6], 6)];
  const inputs = [
    float([4, 2, 5]),
    ...weights,
    float([1, 48], 4),
    null,
    ...states,
    null,
    scale,
    zero,
    scale,
    zero,
  ];
  const attributes = { hidden_size: attr.int(6) };
  const one = { op: 'DynamicQuantizeLSTM', domain, attributes, inputs };
  // onnxruntime rounds X and h to 8 bits.
  await expectLikeOrt({ ...one, outputs: 3 }, 1e-2);
  await expectNativeLikeReference({ ...one, fed: [0, 5, 6] });
});

/** Packed weights of MatMulNBits and what belongs to them. */
function packed(n: number, k: number, block: number, zeros: boolean): readonly (TensorValue | null)[] {
  const blocks = Math.ceil(k / block);
  return [
    noise('uint8', [n, blocks, block / 2], 2),
    noise('float32', [n * blocks], 3),
    ...(zeros ? [noise('uint8', [n * Math.ceil(blocks / 2)], 4)] : []),
  ];
}

test.each([
  [8, 32, 16, false],
  [5, 40, 16, true],
  [7, 64, 32, true],
])('MatMulNBits, N %d, K %d, blocks of %d, zero points %s', async (n, k, block, zeros) => {
  const attributes = { K: attr.int(k), N: attr.int(n), bits: attr.int(4), block_size: attr.int(block) };
  const inputs = [float([3, k]), ...packed(n, k, block, zeros)];
  await expectLikeOrt({ op: 'MatMulNBits', domain, attributes, inputs }, 5e-6);
  await expectNativeLikeReference({ op: 'MatMulNBits', domain, attributes, inputs });
});

test('what the operators do not do is refused by name', () => {
  const matrices = [float([2, 5, 3]), float([2, 3, 5], 2)];
  expect(() =>
    infer({ op: 'FusedMatMul', domain, inputs: matrices, attributes: { transBatchA: attr.int(1) } }),
  ).toThrow('transBatchA');
  const attributes = { K: attr.int(32), N: attr.int(8), bits: attr.int(4), block_size: attr.int(16) };
  const order = tensor('int32', [32], new Int32Array(32));
  expect(() =>
    infer({
      op: 'MatMulNBits',
      domain,
      attributes,
      inputs: [float([1, 32]), ...packed(8, 32, 16, true), order],
    }),
  ).toThrow('g_idx');
  expect(() => infer({ op: 'BiasGelu', domain, inputs: [float([2, 4]), f32([3], [1, 2, 3])] })).toThrow(
    'bias of shape [4]',
  );
});
