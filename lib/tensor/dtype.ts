// Element types: names as in onnxruntime-common, plus bfloat16; ONNX codes, sizes and typed arrays.
import { KompaktError } from '../errors.js';

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

type TypedArrayConstructor = {
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
};

interface DTypeInfo {
  /** ONNX TensorProto.DataType. */
  readonly onnx: number;
  /** Bits of one element in an ONNX file. */
  readonly bits: number;
  /** In-memory array; null for strings. float16 and bfloat16 are kept as raw bits, int4 one element a byte. */
  readonly array: TypedArrayConstructor | null;
  readonly integer: boolean;
  /** Value range of integer types. */
  readonly min: number;
  readonly max: number;
}

const float = (onnx: number, bits: number, array: TypedArrayConstructor): DTypeInfo => ({
  onnx,
  bits,
  array,
  integer: false,
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
});
const int = (
  onnx: number,
  bits: number,
  array: TypedArrayConstructor,
  min: number,
  max: number,
): DTypeInfo => ({ onnx, bits, array, integer: true, min, max });

export const dtypes = {
  float32: float(1, 32, Float32Array),
  uint8: int(2, 8, Uint8Array, 0, 255),
  int8: int(3, 8, Int8Array, -128, 127),
  uint16: int(4, 16, Uint16Array, 0, 65535),
  int16: int(5, 16, Int16Array, -32768, 32767),
  int32: int(6, 32, Int32Array, -2147483648, 2147483647),
  int64: int(7, 64, BigInt64Array, -(2 ** 63), 2 ** 63),
  string: { onnx: 8, bits: 0, array: null, integer: false, min: 0, max: 0 },
  bool: int(9, 8, Uint8Array, 0, 1),
  float16: float(10, 16, Uint16Array),
  float64: float(11, 64, Float64Array),
  uint32: int(12, 32, Uint32Array, 0, 4294967295),
  uint64: int(13, 64, BigUint64Array, 0, 2 ** 64),
  bfloat16: float(16, 16, Uint16Array),
  uint4: int(21, 4, Uint8Array, 0, 15),
  int4: int(22, 4, Int8Array, -8, 7),
} as const satisfies Record<string, DTypeInfo>;

export type DType = keyof typeof dtypes;

const byOnnxCode = new Map<number, DType>(
  Object.entries(dtypes).map(([name, info]) => [info.onnx, name as DType]),
);

/** Throws KPT_ONNX_UNSUPPORTED for codes without an element type here (complex, float8). */
export function dtypeFromOnnx(code: number, where: string): DType {
  const dtype = byOnnxCode.get(code);
  if (dtype === undefined)
    throw new KompaktError('KPT_ONNX_UNSUPPORTED', `Element type ${code} of ${where} is not supported.`, {
      code,
    });
  return dtype;
}

export const isFloat = (dtype: DType): boolean =>
  dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
export const isInt64 = (dtype: DType): dtype is 'int64' | 'uint64' => dtype === 'int64' || dtype === 'uint64';

/** Bytes of one element in memory (int4 takes one byte; strings have none). */
export const bytesPerElement = (dtype: DType): number => dtypes[dtype].array?.BYTES_PER_ELEMENT ?? 0;
