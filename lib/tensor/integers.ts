// Bounds of integer types, and the integers that real numbers become where a result that is an integer is computed in floats.
import { type DType, dtypes, isInt64 } from './dtype.js';

export const leastInteger = (dtype: DType): bigint => BigInt(dtypes[dtype].min);

/** As a double, that of a type of 64 bits is one too many. */
export const largestInteger = (dtype: DType): bigint =>
  BigInt(dtypes[dtype].max) - (isInt64(dtype) ? 1n : 0n);

/** x without its fraction; the nearer bound where the type does not reach it, and the lower one for NaN, as in onnxruntime. */
export function integerFrom(x: number, dtype: DType): bigint {
  const { min, max } = dtypes[dtype];
  if (!(x > min)) return leastInteger(dtype);
  return x >= max ? largestInteger(dtype) : BigInt(Math.trunc(x));
}
