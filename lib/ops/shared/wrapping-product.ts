// Products of integer matrices as C computes them: every result keeps the low bits that its type has.
import { type DType, isInt64, type TypedArray } from '../../tensor/dtype.js';
import { integerFrom } from '../../tensor/integers.js';
import { broadcastStrides } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import { type Activation, applyActivation } from './activation.js';
import { elementsOf, fromElements, stridedOffsets } from './elements.js';
import type { ProductForm } from './float-product.js';
import { multiply, multiplyWide, type Product } from './product.js';

/** activation(factor * A x B + biasFactor * C) of one integer type. */
export function wrappingProduct(
  form: ProductForm,
  p: Product,
  a: TensorValue,
  b: TensorValue,
  c: TensorValue | undefined,
): TensorValue {
  const sums = scaledSums(form, productOfIntegers(a, b, p), c);
  return form.activation.activation === 'none' ? sums : activated(sums, form.activation);
}

const largest = (values: Float64Array): number => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

function productOfIntegers(a: TensorValue, b: TensorValue, p: Product): TensorValue {
  const [x, y] = [toNumbers(a), toNumbers(b)];
  const exact = largest(x) * largest(y) * p.k <= 2 ** 53;
  if (exact) return fromNumbers(a.dtype, p.dims, multiply(x, y, p, Float64Array));
  const wrapped = isInt64(a.dtype) ? multiplyWide(signed(a), signed(b), p) : multiplyByHalves(x, y, p);
  return tensor(a.dtype, p.dims, asType(a.dtype, wrapped));
}

/** Modulo 2^32. With 16 bits of b at a time, products are below 2^48, so that a double holds them and their sum. */
function multiplyByHalves(a: Float64Array, b: Float64Array, p: Product): Int32Array {
  const upper = b.map((v) => Math.floor(v / 2 ** 16));
  const lower = b.map((v, i) => v - upper[i] * 2 ** 16);
  const sums = multiply(a, lower, p, Int32Array);
  const high = multiply(a, upper, p, Int32Array);
  for (let i = 0; i < sums.length; i++) sums[i] += high[i] << 16;
  return sums;
}

/** Of the low bits of a product it does not matter how the highest one of a factor is read. */
function signed({ data }: TensorValue): BigInt64Array {
  const { buffer, byteOffset, length } = data as BigInt64Array | BigUint64Array;
  return new BigInt64Array(buffer, byteOffset, length);
}

function asType(dtype: DType, { buffer }: Int32Array | BigInt64Array): TypedArray {
  if (dtype === 'int32') return new Int32Array(buffer);
  if (dtype === 'uint32') return new Uint32Array(buffer);
  return dtype === 'int64' ? new BigInt64Array(buffer) : new BigUint64Array(buffer);
}

/** factor * sums + biasFactor * C: exact where the factors are integers, else in double and without the fraction. */
function scaledSums(form: ProductForm, sums: TensorValue, c: TensorValue | undefined): TensorValue {
  const { factor, biasFactor } = form;
  const { dtype, dims } = sums;
  if (factor === 1 && c === undefined) return sums;
  const addends = c && elementsOf(c);
  const at = c && stridedOffsets(dims, broadcastStrides(c.dims, dims));
  const addend = (i: number) => (addends === undefined ? 0 : addends[at![i]]);
  const values = Array.from(elementsOf(sums));
  if (Number.isInteger(factor) && Number.isInteger(biasFactor)) {
    const [scale, biasScale] = [BigInt(factor), BigInt(biasFactor)];
    const total = values.map((v, i) => scale * BigInt(v) + biasScale * BigInt(addend(i)));
    return fromElements(dtype, dims, total);
  }
  const total = values.map((v, i) => factor * Number(v) + biasFactor * Number(addend(i)));
  return fromNumbers(dtype, dims, total);
}

/** By functions of doubles, which the largest integers do not fit: what a function leaves or negates is taken as it is. */
function activated(x: TensorValue, activation: Activation): TensorValue {
  const before = toNumbers(x);
  const after = before.slice();
  applyActivation(after, activation);
  const values = Array.from(elementsOf(x), (v, i) => {
    if (after[i] === before[i]) return BigInt(v);
    return after[i] === -before[i] ? -BigInt(v) : integerFrom(after[i], x.dtype);
  });
  return fromElements(x.dtype, x.dims, values);
}
