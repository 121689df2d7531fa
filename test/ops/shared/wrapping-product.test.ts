// Products of integers that do not fit a double: MatMul against onnxruntime, what comes behind it against bigints.
import { attr } from '../../../lib/graph/attribute.js';
import { wrapInteger } from '../../../lib/ops/shared/elements.js';
import { type DType, dtypes } from '../../../lib/tensor/dtype.js';
import { sizeOf } from '../../../lib/tensor/shape.js';
import { fromNumbers, type TensorValue, tensor } from '../../../lib/tensor/tensor.js';
import { expectAgreement } from '../../helpers/one-node.js';
import { randomFloats } from '../../helpers/random-floats.js';
import { reference } from '../../helpers/run-reference.js';

const types = ['int32', 'uint32', 'int64', 'uint64'] as const;

/** Integers over the whole range of a type. */
function anyBits(dtype: DType, dims: readonly number[], seed: number): TensorValue {
  const size = sizeOf(dims);
  const bytes = Int16Array.from(randomFloats(4 * size, seed, 2 ** 15)).buffer;
  return tensor(dtype, dims, new dtypes[dtype].array!(bytes, 0, size));
}

const bigints = ({ data }: TensorValue): bigint[] => Array.from(data as ArrayLike<number | bigint>, BigInt);

describe.each(types)('MatMul of %s', (dtype) => {
  test.each([
    [
      [3, 5],
      [5, 4],
    ],
    [[7], [7]],
    [
      [2, 1, 4, 5],
      [3, 5, 2],
    ],
  ])('[%j] x [%j] wraps as in onnxruntime', (a, b) =>
    expectAgreement({ op: 'MatMul', inputs: [anyBits(dtype, a, 1), anyBits(dtype, b, 2)] }),
  );

  test('sums are exact where products are small', () => {
    const ones = fromNumbers(dtype, [1, 3], [1, 1, 1]);
    return expectAgreement({ op: 'MatMul', inputs: [ones, anyBits(dtype, [3, 2], 3)] });
  });

  test('sums of nothing are 0', () => {
    const [y] = reference({ op: 'MatMul', inputs: [anyBits(dtype, [2, 0], 1), anyBits(dtype, [0, 3], 2)] });
    expect(bigints(y)).toEqual([0n, 0n, 0n, 0n, 0n, 0n]);
  });
});

describe.each(types)('Gemm of %s', (dtype) => {
  const [a, b, c] = [anyBits(dtype, [3, 5], 4), anyBits(dtype, [4, 5], 5), anyBits(dtype, [4], 6)];
  const [x, y, z] = [a, b, c].map(bigints);
  const sums = Array.from({ length: 12 }, (_, at) => {
    const [row, column] = [Math.floor(at / 4), at % 4];
    return [0, 1, 2, 3, 4].reduce((sum, k) => sum + x[row * 5 + k] * y[column * 5 + k], 0n);
  });
  const wrapped = (values: readonly bigint[]): bigint[] => values.map((v) => wrapInteger(dtype, v));

  test('with whole factors', () => {
    const attributes = { transB: attr.int(1), alpha: attr.float(-3), beta: attr.float(2) };
    const [out] = reference({ op: 'Gemm', attributes, inputs: [a, b, c] });
    expect(bigints(out)).toEqual(wrapped(sums.map((sum, i) => -3n * sum + 2n * z[i % 4])));
  });

  test('behind it, an activation finds what has wrapped', () => {
    const attributes = { transB: attr.int(1), activation: attr.string('relu') };
    const domain = 'ai.kompakt';
    const [out] = reference({ op: 'FusedMatMul', domain, attributes, inputs: [a, b, c] });
    const total = wrapped(sums.map((sum, i) => sum + z[i % 4]));
    expect(bigints(out)).toEqual(total.map((v) => (v < 0n ? 0n : v)));
  });
});

test('factors with a fraction multiply the sum', () => {
  const two = (values: readonly number[]) => tensor('int32', [1, 2], Int32Array.from(values));
  const attributes = { transB: attr.int(1), alpha: attr.float(0.5), beta: attr.float(0.25) };
  const c = tensor('int32', [], Int32Array.of(-2));
  const [y] = reference({ op: 'Gemm', attributes, inputs: [two([3, 4]), two([5, 7]), c] });
  expect([...y.data]).toEqual([21]);
});
