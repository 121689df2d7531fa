// 64-bit integers of protobuf to and from numbers. Sizes and attributes fit a double; "to the end" markers such as
// 2^63-1 lose their last bits and are saturated when written.
import type { Int64 } from './schema.js';

const max = 2n ** 63n - 1n;
const min = -(2n ** 63n);

export function toBigInt(value: Int64 | number, unsigned = false): bigint {
  if (typeof value === 'number') return BigInt(value);
  const high = unsigned ? value.high >>> 0 : value.high;
  return (BigInt(high) << 32n) | BigInt(value.low >>> 0);
}

export const toNumber = (value: Int64 | number | undefined): number =>
  value === undefined ? 0 : typeof value === 'number' ? value : value.high * 2 ** 32 + (value.low >>> 0);

/** Nearest int64 of a number, saturating. */
export function saturateInt64(value: number): bigint {
  const wide = BigInt(Math.trunc(value));
  return wide > max ? max : wide < min ? min : wide;
}

/** A number as it is written without loss. */
export function fromNumber(value: number): Int64 | number {
  if (Number.isSafeInteger(value)) return value;
  const wide = saturateInt64(value);
  return { low: Number(BigInt.asIntN(32, wide)), high: Number(wide >> 32n) };
}
