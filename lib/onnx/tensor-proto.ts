// TensorProto <-> TensorValue: raw and typed fields, packed 4-bit types, strings, external and sparse data.
// Sizes that a file declares are compared with the data that is there before memory is taken.
import { expected, KompaktError } from '../errors.js';
import { type DType, dtypeFromOnnx, dtypes, isInt64, type TypedArray } from '../tensor/dtype.js';
import { type Dims, sizeOf } from '../tensor/shape.js';
import { allocate, bytesOf, maxElements, type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';
import type { ReadExternal } from './external-data.js';
import { toBigInt, toNumber } from './int64.js';
import type { Int64, SparseTensorProto, TensorProto } from './schema.js';

const external = 1;

/** From here on tensors are views of the file that they were read from. */
const viewedBytes = 1 << 12;

/** Bytes of a tensor in a file. */
const packedBytes = (dtype: DType, size: number): number => Math.ceil((size * dtypes[dtype].bits) / 8);

const isPacked = (dtype: DType): boolean => dtypes[dtype].bits === 4;

export function readTensor(proto: TensorProto, where: string, readExternal: ReadExternal): TensorValue {
  const dtype = dtypeFromOnnx(proto.dataType ?? 0, where);
  const dims = readDims(proto.dims ?? [], where);
  const size = sizeOf(dims);
  if (Object.hasOwn(proto, 'segment'))
    throw new KompaktError(
      'KPT_ONNX_UNSUPPORTED',
      `The data of ${where} is in segments, which is not supported.`,
    );
  if (dtype === 'string') return tensor('string', dims, readStrings(proto, size, where));
  if (proto.dataLocation === external) {
    const bytes = readExternal(proto.externalData ?? [], packedBytes(dtype, size), where);
    return fromBytes(dtype, dims, bytes);
  }
  if (proto.rawData !== undefined && proto.rawData.length > 0) {
    const wanted = packedBytes(dtype, size);
    if (proto.rawData.length !== wanted)
      malformed(expected(`${wanted} bytes of ${dtype} data of shape [${dims}]`, where, proto.rawData.length));
    return fromBytes(dtype, dims, lasting(proto.rawData, dtype));
  }
  return fromTypedField(proto, dtype, dims, where);
}

function readDims(dims: readonly (Int64 | number)[], where: string): number[] {
  const sizes = dims.map(toNumber);
  if (sizes.some((d) => d < 0)) malformed(expected('dimensions of 0 or more', where, sizes));
  if (!(sizeOf(sizes) <= maxElements) || sizes.some((d) => d > maxElements))
    throw new KompaktError('KPT_TOO_LARGE', `The shape [${sizes.join(',')}] of ${where} is too large.`);
  return sizes;
}

function readStrings(proto: TensorProto, size: number, where: string): string[] {
  const data = proto.stringData ?? [];
  if (data.length !== size) malformed(expected(`${size} strings`, where, data.length));
  return data.map((bytes) => new TextDecoder().decode(bytes));
}

/** Bytes of the file as they are, where they may stay: small ones would keep all of the file in memory. */
function lasting(bytes: Uint8Array, dtype: DType): Uint8Array {
  const unit = dtypes[dtype].array?.BYTES_PER_ELEMENT ?? 1;
  return bytes.length >= viewedBytes && bytes.byteOffset % unit === 0 ? bytes : new Uint8Array(bytes);
}

/** `bytes` must start where an element may. */
function fromBytes(dtype: DType, dims: Dims, bytes: Uint8Array): TensorValue {
  if (isPacked(dtype)) return tensor(dtype, dims, unpack(dtype, sizeOf(dims), bytes));
  const { array } = dtypes[dtype];
  return tensor(dtype, dims, new array!(bytes.buffer, bytes.byteOffset, sizeOf(dims)));
}

/** Two 4-bit elements a byte, the first in the low half. */
function unpack(dtype: DType, size: number, bytes: ArrayLike<number>): TypedArray {
  const data = allocate(dtype, [size]) as Int8Array | Uint8Array;
  const signed = dtype === 'int4';
  for (let i = 0; i < size; i++) {
    const nibble = (bytes[i >> 1]! >> (4 * (i & 1))) & 15;
    data[i] = signed && nibble > 7 ? nibble - 16 : nibble;
  }
  return data;
}

function pack(t: TensorValue): Uint8Array {
  const data = t.data as Int8Array | Uint8Array;
  const bytes = new Uint8Array(Math.ceil(data.length / 2));
  for (let i = 0; i < data.length; i++) bytes[i >> 1]! |= (data[i]! & 15) << (4 * (i & 1));
  return bytes;
}

function fromTypedField(proto: TensorProto, dtype: DType, dims: Dims, where: string): TensorValue {
  const field =
    dtype === 'float32'
      ? proto.floatData
      : dtype === 'float64'
        ? proto.doubleData
        : dtype === 'int64'
          ? proto.int64Data
          : dtype === 'uint64' || dtype === 'uint32'
            ? proto.uint64Data
            : proto.int32Data;
  const size = sizeOf(dims);
  const wanted = isPacked(dtype) ? Math.ceil(size / 2) : size;
  const values = field ?? [];
  if (values.length !== wanted)
    malformed(expected(`${wanted} elements of ${dtype} data of shape [${dims}]`, where, values.length));
  if (isPacked(dtype)) return tensor(dtype, dims, unpack(dtype, size, values as readonly number[]));
  if (dtype === 'float32' && values instanceof Float32Array) return tensor(dtype, dims, values);
  const data = allocate(dtype, dims);
  if (isInt64(dtype)) {
    const wide = data as BigInt64Array | BigUint64Array;
    for (let i = 0; i < size; i++) wide[i] = toBigInt(values[i] as Int64, dtype === 'uint64');
  } else if (dtype === 'uint32') for (let i = 0; i < size; i++) data[i] = toNumber(values[i] as Int64);
  else data.set(values as never);
  return tensor(dtype, dims, data);
}

/** A sparse tensor as a dense one: zero but where `indices` (flat, or one row of coordinates each) say. */
export function readSparseTensor(
  proto: SparseTensorProto,
  where: string,
  readExternal: ReadExternal,
): TensorValue {
  if (proto.values === undefined || proto.indices === undefined)
    malformed(`The sparse tensor ${where} has no values or no indices.`);
  const dims = readDims(proto.dims ?? [], where);
  const values = readTensor(proto.values, `the values of ${where}`, readExternal);
  const indices = readTensor(proto.indices, `the indices of ${where}`, readExternal);
  if (values.dtype === 'string' || indices.dtype !== 'int64')
    malformed(
      expected(
        'numbers at int64 indices',
        `the sparse tensor ${where}`,
        `${values.dtype} at ${indices.dtype}`,
      ),
    );
  const count = values.data.length;
  const rank = indices.dims.length === 2 ? dims.length : 1;
  if (indices.data.length !== count * rank)
    malformed(expected(`${count * rank} indices`, `the sparse tensor ${where}`, indices.data.length));
  const flat = toNumbers(indices);
  const data = allocate(values.dtype, dims);
  for (let i = 0; i < count; i++) {
    let at = 0;
    for (let r = 0; r < rank; r++) at = (rank === 1 ? 0 : at * dims[r]!) + flat[i * rank + r]!;
    if (!(at >= 0 && at < data.length))
      malformed(expected('an index inside the tensor', `the sparse tensor ${where}`, at));
    data[at] = values.data[i] as never;
  }
  return tensor(values.dtype, dims, data);
}

export function writeTensor(name: string, t: TensorValue): TensorProto {
  const head = { name, dims: t.dims, dataType: dtypes[t.dtype].onnx };
  if (t.dtype === 'string')
    return {
      ...head,
      stringData: (t.data as readonly string[]).map((text) => new TextEncoder().encode(text)),
    };
  return { ...head, rawData: isPacked(t.dtype) ? pack(t) : bytesOf(t) };
}

function malformed(message: string): never {
  throw new KompaktError('KPT_ONNX_MALFORMED', message);
}
