// Elements of tensors of any type, as plain numbers, bigints (64-bit integers) or strings, and the type sets of
// operators. What the references of elementwise, reduction and indexing operators are written with.
import { expected, KompaktError } from '../../errors.js';
import { type DType, dtypes, isInt64, type TypedArray } from '../../tensor/dtype.js';
import type { Dims } from '../../tensor/shape.js';
import { allocate, fromNumbers, type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import { type InferContext, inputType, type TensorType } from '../op.js';

export type Element = number | bigint | string;

export const floatTypes: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16'];
export const signedTypes: readonly DType[] = ['int8', 'int16', 'int32', 'int64'];
export const unsignedTypes: readonly DType[] = ['uint8', 'uint16', 'uint32', 'uint64'];
export const integerTypes: readonly DType[] = [...signedTypes, ...unsignedTypes];
export const numberTypes: readonly DType[] = [...floatTypes, ...integerTypes];
export const indexTypes: readonly DType[] = ['int32', 'int64'];
export const allTypes = Object.keys(dtypes) as readonly DType[];

/** Type of input i, which must be one of `allowed`. */
export function typedInput(ctx: InferContext, i: number, allowed: readonly DType[]): TensorType {
  const type = inputType(ctx, i);
  if (!allowed.includes(type.dtype))
    throw new KompaktError(
      'KPT_TYPE_MISMATCH',
      expected(`one of the types ${allowed.join(', ')}`, `input ${i} of ${ctx.where}`, type.dtype),
    );
  return type;
}

/** Types of all inputs, which must be alike and one of `allowed`. */
export function alikeInputs(ctx: InferContext, allowed: readonly DType[]): readonly TensorType[] {
  const first = typedInput(ctx, 0, allowed);
  return ctx.inputs.map((_, i) => typedInput(ctx, i, [first.dtype]));
}

/** Elements in row-major order; 16-bit floats are widened to numbers. */
export const elementsOf = (t: TensorValue): ArrayLike<Element> =>
  t.dtype === 'float16' || t.dtype === 'bfloat16' ? toNumbers(t) : t.data;

/** Brings an integer into the range of its type as two's complement arithmetic does. */
export function wrapInteger(dtype: DType, value: bigint): bigint {
  const { bits, min } = dtypes[dtype];
  return min < 0 ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** Tensor from elements of the kind that `elementsOf` gives; numbers are rounded to the type, bigints wrap. */
export function fromElements(dtype: DType, dims: Dims, values: ArrayLike<Element>): TensorValue {
  if (dtype === 'string') return tensor(dtype, dims, Array.from(values, String));
  if (!isInt64(dtype) && typeof values[0] !== 'bigint')
    return fromNumbers(dtype, dims, values as ArrayLike<number>);
  const data = allocate(dtype, dims);
  for (let i = 0; i < values.length; i++) {
    const wrapped = wrapInteger(dtype, BigInt(values[i]!));
    data[i] = isInt64(dtype) ? wrapped : Number(wrapped);
  }
  return tensor(dtype, dims, data);
}

/** For every index of `dims` in row-major order: start + sum index * strides. */
export function stridedOffsets(dims: Dims, strides: readonly number[], start = 0): Float64Array {
  let offsets = Float64Array.of(start);
  dims.forEach((count, axis) => {
    const outer = offsets;
    const stride = strides[axis]!;
    offsets = new Float64Array(outer.length * count);
    let at = 0;
    // By index: an iterator makes an object a turn, and this is part of every start.
    for (let o = 0; o < outer.length; o++)
      for (let i = 0; i < count; i++) offsets[at++] = outer[o]! + i * stride;
  });
  return offsets;
}

/** Elements at start + sum index * strides. */
interface StridedElements<Data> {
  readonly data: Data;
  readonly strides: readonly number[];
  readonly start?: number;
}

/** Copies an element for every index of `dims`, bit for bit. */
export function copyStrided(
  dims: Dims,
  x: StridedElements<TensorValue['data']>,
  y: StridedElements<TypedArray | string[]>,
): void {
  // The longest loop is not listed: weights have millions of elements.
  const inner = dims.indexOf(Math.max(...dims));
  const outer = (values: readonly number[]): readonly number[] => values.filter((_, axis) => axis !== inner);
  const from = stridedOffsets(outer(dims), outer(x.strides), x.start);
  const to = stridedOffsets(outer(dims), outer(y.strides), y.start);
  const [count, xStride, yStride] = [dims[inner] ?? 1, x.strides[inner] ?? 0, y.strides[inner] ?? 0];
  const [source, target] = [x.data, y.data as Record<number, unknown>];
  for (let run = 0; run < to.length; run++) {
    let [xAt, yAt] = [from[run]!, to[run]!];
    for (let i = 0; i < count; i++, xAt += xStride, yAt += yStride) target[yAt] = source[xAt];
  }
}

/** The elements of t at the given offsets, or `run` elements in a row from each, bit for bit. */
export function pick(t: TensorValue, dims: Dims, offsets: ArrayLike<number>, run = 1): TensorValue {
  if (t.dtype === 'string') {
    const texts = t.data as readonly string[];
    return tensor(
      'string',
      dims,
      Array.from(offsets).flatMap((at) => texts.slice(at, at + run)),
    );
  }
  const data = t.data as TypedArray;
  const out = allocate(t.dtype, dims);
  if (run === 1) for (let i = 0; i < out.length; i++) out[i] = data[offsets[i]!] as never;
  else for (let i = 0; i < offsets.length; i++) out.set(slice(data, offsets[i]!, run), i * run);
  return tensor(t.dtype, dims, out);
}

const slice = (data: TypedArray, start: number, count: number): never =>
  data.subarray(start, start + count) as never;

/** A copy of the data that may be written to. */
export function editable(t: TensorValue): Element[] {
  return Array.from(t.data as ArrayLike<Element>);
}

/** Tensor from raw elements: 16-bit floats as bits. */
export function fromRaw(dtype: DType, dims: Dims, values: readonly Element[]): TensorValue {
  if (dtype === 'string') return tensor(dtype, dims, values as readonly string[]);
  const data = allocate(dtype, dims);
  for (let i = 0; i < data.length; i++) data[i] = values[i] as never;
  return tensor(dtype, dims, data);
}

/** A constant list of integers (axes, shapes, repeats). */
export const integersOf = (t: TensorValue): number[] => Array.from(toNumbers(t));
