// A concrete tensor: element type, dims and data. Used for constants, feeds and the reference interpreter.
import { expected, KompaktError } from '../errors.js';
import { type DType, dtypes, isFloat, isInt64, type TypedArray } from './dtype.js';
import { fromFloat16, toBfloat16, toFloat16 } from './half.js';
import { integerFrom } from './integers.js';
import { checkMemory } from './limits.js';
import { type Dims, sizeOf } from './shape.js';

export interface TensorValue {
  readonly dtype: DType;
  readonly dims: Dims;
  /** Row-major. float16/bfloat16: raw bits; int4/uint4: one element a byte; string: string[]. */
  readonly data: TypedArray | readonly string[];
  /** Only for what is no tensor: the elements of a sequence, or null for an optional without a value (one with a value is
   *  that value). Then dims is [0], and dtype that of the elements. */
  readonly elements?: readonly TensorValue[] | null;
}

/** A sequence of tensors. */
export const sequence = (dtype: DType, elements: readonly TensorValue[]): TensorValue => ({
  dtype,
  dims: [0],
  data: [],
  elements,
});

/** An optional without a value. */
export const nothing = (dtype: DType): TensorValue => ({ dtype, dims: [0], data: [], elements: null });

/** Largest element count that a tensor may have: 2^31 - 1, checked before memory is taken. */
export const maxElements = 2 ** 31 - 1;

export function allocate(dtype: DType, dims: Dims): TypedArray {
  const size = sizeOf(dims);
  const array = dtypes[dtype].array;
  if (array === null) throw new KompaktError('KPT_INTERNAL', 'allocate() called for strings.');
  if (!(size <= maxElements))
    throw new KompaktError('KPT_TOO_LARGE', `A ${dtype} tensor of shape [${dims.join(',')}] is too large.`);
  checkMemory(size * array.BYTES_PER_ELEMENT, () => `A ${dtype} tensor of shape [${dims.join(',')}]`);
  return new array(size);
}

/** Bytes of a tensor in a file, where two elements of 4 bits share one. */
export const storedBytes = ({ dtype, data }: TensorValue): number =>
  Math.ceil((data.length * dtypes[dtype].bits) / 8);

/** The elements as values keep them: data of another array type is read as bits, without copying. JavaScript engines with a
 *  Float16Array have one in Tensors of float16. */
export function storedAs<T extends TensorValue['data']>(dtype: DType, data: T): T {
  const { array } = dtypes[dtype];
  if (array !== Uint16Array || !ArrayBuffer.isView(data) || data instanceof array) return data;
  const { buffer, byteOffset, byteLength } = data;
  return new array(buffer, byteOffset, byteLength / array.BYTES_PER_ELEMENT) as unknown as T;
}

/** Makes a tensor and checks that the data fits. */
export function tensor(dtype: DType, dims: Dims, data: TypedArray | readonly string[]): TensorValue {
  if (data.length !== sizeOf(dims))
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`${sizeOf(dims)} elements`, `a ${dtype} tensor of shape [${dims.join(',')}]`, data.length),
    );
  return { dtype, dims, data: storedAs(dtype, data) };
}

/** The same value in memory of its own. */
export function copyOf(value: TensorValue): TensorValue {
  const { dtype, dims, data, elements } = value;
  if (elements !== undefined) return { ...value, elements: elements?.map(copyOf) ?? null };
  if (dtype === 'string') return { dtype, dims, data: [...(data as readonly string[])] };
  const copy = allocate(dtype, dims);
  copy.set(data as never);
  return { dtype, dims, data: copy };
}

/** The only tensor of a type without elements. */
export const emptyTensor = (dtype: DType, dims: Dims): TensorValue =>
  tensor(dtype, dims, dtype === 'string' ? [] : allocate(dtype, dims));

/** float32 tensor from numbers. */
export const f32 = (dims: Dims, values: ArrayLike<number>): TensorValue =>
  tensor('float32', dims, values instanceof Float32Array ? values : Float32Array.from(values));

/** Rank-1 int64 tensor (shapes, axes) by default. */
export const i64 = (values: ArrayLike<number>, dims: Dims = [values.length]): TensorValue =>
  tensor('int64', dims, int64Array(values));

/** By words, lower first: to make a bigint of each number would take twenty times as long. */
function int64Array(values: ArrayLike<number>): BigInt64Array {
  const words = new Int32Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isInteger(value)) throw new RangeError(`${value} is not an integer.`);
    words[2 * i] = value;
    words[2 * i + 1] = Math.floor(value / 2 ** 32);
  }
  return new BigInt64Array(words.buffer);
}

/** All elements as numbers (64-bit integers lose precision past 2^53). Floats of 16 bits are widened. */
export function toNumbers(t: TensorValue): Float64Array {
  const out = new Float64Array(t.data.length);
  if (t.dtype === 'string')
    throw new KompaktError('KPT_TYPE_MISMATCH', 'A string tensor was used where numbers are needed.');
  const data = t.data as TypedArray;
  if (isInt64(t.dtype)) {
    const { buffer, byteOffset } = data;
    const words = new Uint32Array(buffer, byteOffset, 2 * out.length);
    const upper = t.dtype === 'int64' ? new Int32Array(buffer, byteOffset, 2 * out.length) : words;
    for (let i = 0; i < out.length; i++) out[i] = upper[2 * i + 1]! * 2 ** 32 + words[2 * i]!;
  } else if (t.dtype === 'float16' || t.dtype === 'bfloat16') {
    const bits = data as Uint16Array;
    for (let i = 0; i < out.length; i++) out[i] = fromFloat16(bits[i]!, t.dtype === 'bfloat16');
  } else out.set(data as Float32Array);
  return out;
}

/** A value in floats of another width as one in float32; any other as it is. */
export const asFloat32 = (value: TensorValue): TensorValue =>
  isFloat(value.dtype) && value.dtype !== 'float32' && value.elements === undefined
    ? f32(value.dims, toNumbers(value))
    : value;

const wholeOf = (x: number, dtype: DType): bigint =>
  Number.isFinite(x) ? BigInt(Math.trunc(x)) : integerFrom(x, dtype);

/** Tensor of `dtype` from numbers, by plain conversion: no saturation, floats rounded to nearest even. */
export function fromNumbers(dtype: DType, dims: Dims, values: ArrayLike<number>): TensorValue {
  const data = allocate(dtype, dims);
  if (isInt64(dtype)) {
    const wrap = dtype === 'int64' ? BigInt.asIntN : BigInt.asUintN;
    for (let i = 0; i < values.length; i++) data[i] = wrap(64, wholeOf(values[i]!, dtype));
  } else if (dtype === 'float16') for (let i = 0; i < values.length; i++) data[i] = toFloat16(values[i]!);
  else if (dtype === 'bfloat16') for (let i = 0; i < values.length; i++) data[i] = toBfloat16(values[i]!);
  else for (let i = 0; i < values.length; i++) data[i] = values[i]!;
  return tensor(dtype, dims, data);
}

/** The single element of a one-element tensor. */
export function scalarOf(t: TensorValue, where: string): number {
  if (t.data.length !== 1)
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected('one element', where, `${t.data.length} elements`));
  return toNumbers(t)[0]!;
}

/** The bytes of the data, without copying. */
export function bytesOf(t: TensorValue): Uint8Array {
  const data = t.data as TypedArray;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
