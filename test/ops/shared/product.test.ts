// Matrix products against onnxruntime, float and integer.
import { attr } from '../../../lib/graph/attribute.js';
import { f32, type TensorValue, tensor } from '../../../lib/tensor/tensor.js';
import { expectNativeBytes } from '../../helpers/native-like-reference.js';
import { expectLikeOrt, infer, noise, reference } from '../../helpers/run-reference.js';

const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [3, 4],
  ],
  [[5], [5]],
  [[5], [5, 3]],
  [[2, 5], [5]],
  [
    [2, 1, 4, 5],
    [3, 5, 2],
  ],
  [
    [1, 1],
    [1, 1],
  ],
  [
    [0, 3],
    [3, 2],
  ],
  [
    [7, 64],
    [64, 17],
  ],
];

test.each(shapes)('MatMul [%s] x [%s]', async (a, b) => {
  await expectLikeOrt({ op: 'MatMul', inputs: [noise('float32', a), noise('float32', b, 2)] }, 1e-6);
});

test('MatMul of rows without elements', () => {
  expectNativeBytes({ op: 'MatMul', inputs: [noise('float32', [2, 5, 0]), noise('float32', [0, 3])] });
});

test('MatMul refuses dims that do not fit', () => {
  const inputs = [noise('float32', [2, 3]), noise('float32', [4, 2])];
  expect(() => infer({ op: 'MatMul', inputs })).toThrow(
    expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
  );
});

const cShapes = [[4], [1], [], [3, 1], [3, 4], null] as const;

test.each(
  cShapes.flatMap((c) =>
    [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ].map(([ta, tb]) => [c, ta, tb] as const),
  ),
)('Gemm with C of %s, transA %d, transB %d', async (c, transA, transB) => {
  const a = noise('float32', transA ? [5, 3] : [3, 5]);
  const b = noise('float32', transB ? [4, 5] : [5, 4], 2);
  const attributes = {
    alpha: attr.float(0.7),
    beta: attr.float(1.3),
    transA: attr.int(transA),
    transB: attr.int(transB),
  };
  await expectLikeOrt({ op: 'Gemm', attributes, inputs: [a, b, c && noise('float32', c, 3)] }, 1e-6);
});

test('FusedMatMul is MatMul, factor, bias and activation', () => {
  const inputs = [f32([1, 2], [1, 2]), f32([2, 2], [1, -1, 1, -1]), f32([2], [1, 1])];
  const attributes = { factor: attr.float(2), activation: attr.string('relu') };
  const [y] = reference({ op: 'FusedMatMul', domain: 'ai.kompakt', attributes, inputs });
  expect([...y.data]).toEqual([7, 0]);
});

const scalar = (value: number): TensorValue => f32([], [value]);
const byte = (value: number): TensorValue => tensor('uint8', [], Uint8Array.of(value));
const signed = (value: number): TensorValue => tensor('int8', [], Int8Array.of(value));

test.each([
  [
    [3, 7],
    [7, 5],
  ],
  [
    [2, 3, 7],
    [2, 7, 5],
  ],
  [
    [2, 3, 7],
    [7, 1],
  ],
])('QLinearMatMul [%s] x [%s]', async (a, b) => {
  const unsigned = [
    noise('uint8', a),
    scalar(0.02),
    byte(110),
    noise('uint8', b, 2),
    scalar(0.03),
    byte(140),
    scalar(0.3),
    byte(128),
  ];
  await expectLikeOrt({ op: 'QLinearMatMul', inputs: unsigned }, 1);
  const mixed = [
    noise('int8', a),
    scalar(0.02),
    signed(-3),
    noise('int8', b, 2),
    scalar(0.03),
    signed(0),
    scalar(0.3),
    signed(4),
  ];
  await expectLikeOrt({ op: 'QLinearMatMul', inputs: mixed }, 1);
});

test.each([true, false])('QGemm with quantised output: %s', async (quantized) => {
  const scales = f32([4], [0.01, 0.02, 0.015, 0.03]);
  const zeros = tensor('int8', [4], new Int8Array(4));
  const output = quantized ? [scalar(0.2), byte(120)] : [];
  const inputs = [
    noise('uint8', [3, 9]),
    scalar(0.02),
    byte(110),
    noise('int8', [4, 9], 2),
    scales,
    zeros,
    noise('int32', [4], 3, [-900, 900]),
    ...output,
  ];
  const attributes = { transB: attr.int(1) };
  await expectLikeOrt({ op: 'QGemm', domain: 'com.microsoft', attributes, inputs }, quantized ? 1 : 1e-6);
});
