// Integer products with float output: references against onnxruntime, steps against references.
import { attr } from '../../../lib/graph/attribute.js';
import { f32, type TensorValue, tensor } from '../../../lib/tensor/tensor.js';
import { expectNativeLikeReference } from '../../helpers/native-like-reference.js';
import { expectLikeOrt, noise } from '../../helpers/run-reference.js';

const scalar = (value: number): TensorValue => f32([], [value]);
const zero = (dtype: 'uint8' | 'int8', value: number): TensorValue =>
  tensor(dtype, [], dtype === 'int8' ? Int8Array.of(value) : Uint8Array.of(value));
const column = (n: number): TensorValue =>
  f32(
    [n],
    Float32Array.from({ length: n }, (_, i) => 0.01 + 0.002 * i),
  );
const domain = 'com.microsoft';

describe.each(['uint8', 'int8'] as const)('MatMulIntegerToFloat, B %s', (type) => {
  const whole = zero(type, 3);
  const cases: readonly (readonly [string, readonly (TensorValue | null)[]])[] = [
    ['one scale', [scalar(0.05), scalar(0.02), zero('uint8', 120), whole]],
    ['a scale per column, bias', [scalar(0.05), column(9), zero('uint8', 7), null, noise('float32', [9], 4)]],
    ['no zero points', [scalar(0.05), scalar(0.02)]],
  ];
  test.each(cases)('%s', async (_, tail) => {
    for (const dims of [
      [5, 7],
      [2, 3, 7],
    ]) {
      const inputs = [noise('uint8', dims), noise(type, [7, 9], 2), ...tail];
      const one = { op: 'MatMulIntegerToFloat', domain, inputs };
      await expectLikeOrt(one, 1e-6);
      await expectNativeLikeReference({ ...one, fed: [0, 2] });
    }
  });
});

test('DynamicQuantizeMatMul', async () => {
  for (const type of ['uint8', 'int8'] as const)
    for (const tail of [
      [scalar(0.02), zero(type, 2)],
      [column(9), null, noise('float32', [9], 4)],
    ]) {
      const inputs = [noise('float32', [6, 7]), noise(type, [7, 9], 2), ...tail];
      await expectLikeOrt({ op: 'DynamicQuantizeMatMul', domain, inputs }, 1e-6);
      await expectNativeLikeReference({ op: 'DynamicQuantizeMatMul', domain, inputs });
    }
});

test('DynamicQuantizeLinear', async () => {
  for (const dims of [[5], [2, 3, 4, 5]]) {
    const one = { op: 'DynamicQuantizeLinear', inputs: [noise('float32', dims)], outputs: 3 };
    await expectLikeOrt(one, 0);
    await expectNativeLikeReference(one);
  }
});

test.each([
  ['dense', [1, 6, 7, 8], [5, 6, 3, 3], 1],
  ['grouped', [2, 6, 5, 5], [4, 3, 1, 1], 2],
  ['depthwise', [1, 6, 7, 7], [6, 1, 3, 3], 6],
  ['one axis', [1, 4, 9], [3, 4, 3], 1],
] as const)('ConvIntegerToFloat, %s', async (_, x, w, group) => {
  const pads = attr.ints(Array.from({ length: 2 * (x.length - 2) }, () => 1));
  const head = [noise('uint8', x), noise('int8', w, 2), scalar(0.04)];
  const bias = noise('float32', [w[0]], 5);
  const attributes = { group: attr.int(group), pads };
  const base = { op: 'ConvIntegerToFloat', domain: 'ai.kompakt', fed: [0, 2, 4] };
  await expectNativeLikeReference({
    ...base,
    attributes: { ...attributes, activation: attr.string('relu') },
    inputs: [...head, column(w[0]), zero('uint8', 100), zero('int8', 0), bias],
  });
  await expectNativeLikeReference({
    ...base,
    attributes: { ...attributes, activation: attr.string('relu') },
    inputs: [...head, scalar(0.02), zero('uint8', 3), zero('int8', -4)],
  });
  await expectNativeLikeReference({ ...base, fed: [0], attributes, inputs: [...head, scalar(0.02)] });
});
