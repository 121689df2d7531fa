// Elements of tensors as the protocol writes them: JSON arrays, nested or flat, and raw little-endian bytes.
import { expected, KompaktError } from '../errors.js';
import { type DType, dtypes, isFloat, isInt64, type TypedArray } from '../tensor/dtype.js';
import { fromNumbers, type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';

type Data = TensorValue['data'];

/** Elements from JSON arrays that are nested at most `depth` deep. Throws KPT_SHAPE_MISMATCH when there are not `count` of them,
 *  KPT_REQUEST_MALFORMED for one that is not of the type. */
export function fromJson(
  dtype: DType,
  data: readonly unknown[],
  count: number,
  depth: number,
  where: string,
): Data {
  const flat: unknown[] = [];
  flatten(data, Math.max(1, depth), flat, count, where);
  if (flat.length !== count)
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected(`${count} elements`, where, flat.length));
  if (dtype === 'string') return flat.map((value) => element(isText(value), value as string, dtype, where));
  if (isInt64(dtype)) {
    const array = new dtypes[dtype].array!(count) as BigInt64Array;
    for (let i = 0; i < count; i++) array[i] = wide(dtype, flat[i], where);
    return array;
  }
  const numbers = new Float64Array(count);
  const { integer, min, max } = dtypes[dtype];
  for (let i = 0; i < count; i++) {
    const value = dtype === 'bool' && typeof flat[i] === 'boolean' ? Number(flat[i]) : flat[i];
    const right =
      typeof value === 'number' &&
      Number.isFinite(value) &&
      (!integer || (Number.isInteger(value) && value >= min && value <= max));
    numbers[i] = element(right, value as number, dtype, where);
  }
  const made = fromNumbers(dtype, [count], numbers);
  if (isFloat(dtype)) {
    // JSON has larger numbers than these types: none becomes infinite unseen.
    const beyond = toNumbers(made).findIndex((value) => !Number.isFinite(value));
    if (beyond >= 0) element(false, numbers[beyond], dtype, where);
  }
  return made.data;
}

/** Half a surrogate pair is no character, and would be replaced when it is written as UTF-8. */
const isText = (value: unknown): boolean => typeof value === 'string' && !/\p{Surrogate}/u.test(value);

function flatten(data: readonly unknown[], depth: number, to: unknown[], most: number, where: string): void {
  for (const value of data) {
    if (Array.isArray(value)) {
      if (depth <= 1) throw malformed(`The arrays of ${where} are nested deeper than its shape.`);
      flatten(value, depth - 1, to, most, where);
    } else to.push(value);
    if (to.length > most)
      throw new KompaktError('KPT_SHAPE_MISMATCH', expected(`${most} elements`, where, 'more'));
  }
}

/** JSON numbers lose precision past 2^53: 64-bit integers may be strings of digits. */
function wide(dtype: DType, value: unknown, where: string): bigint {
  const whole = Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,20}$/.test(value));
  const big = BigInt(element(whole, value as string, dtype, where));
  const fits = dtype === 'int64' ? BigInt.asIntN(64, big) === big : BigInt.asUintN(64, big) === big;
  return element(fits, big, dtype, where);
}

/** The value when it is right. */
function element<T>(right: boolean, value: T, dtype: DType, where: string): T {
  if (right) return value;
  throw malformed(expected(`elements of type ${dtype}`, where, value));
}

/** Elements from raw bytes. Strings have their length in four bytes before them. */
export function fromBytes(dtype: DType, bytes: Uint8Array, count: number, where: string): Data {
  if (dtype === 'string') return stringsOf(bytes, count, where);
  const { array } = dtypes[dtype];
  const wanted = count * array!.BYTES_PER_ELEMENT;
  if (bytes.length !== wanted)
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected(`${wanted} bytes`, where, bytes.length));
  // A copy: the bytes of a body lie where they lie, and elements of several bytes need an aligned place.
  const own = new Uint8Array(bytes);
  if (dtype === 'bool' && own.some((value) => value > 1))
    throw malformed(`Expected bytes 0 and 1 for ${where}.`);
  return new array!(own.buffer, own.byteOffset, count);
}

function stringsOf(bytes: Uint8Array, count: number, where: string): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const strings: string[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.length) break;
    try {
      strings.push(decoder.decode(bytes.subarray(at + 4, end)));
    } catch (error) {
      throw malformed(
        `String ${strings.length} of ${where} is not UTF-8: strings are text, not any bytes.`,
        error,
      );
    }
    at = end;
  }
  if (at !== bytes.length) throw malformed(`The strings of ${where} do not fill their bytes.`);
  if (strings.length !== count)
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected(`${count} elements`, where, strings.length));
  return strings;
}

/** A flat JSON array. Numbers that JSON does not have (NaN, infinities) are null. */
export function toJson(dtype: DType, dims: readonly number[], data: Data): string {
  if (dtype === 'string') return JSON.stringify(data);
  if (dtype === 'bool') return JSON.stringify(Array.from(data as Uint8Array, (value) => value !== 0));
  if (isInt64(dtype)) return `[${(data as BigInt64Array).join(',')}]`;
  if (!isFloat(dtype)) return `[${(data as Uint8Array).join(',')}]`;
  return JSON.stringify(Array.from(toNumbers(tensor(dtype, dims, data))));
}

export function toBytes(data: Data): Uint8Array {
  if (Array.isArray(data)) return bytesOfStrings(data);
  const { buffer, byteOffset, byteLength } = data as TypedArray;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function bytesOfStrings(strings: readonly string[]): Uint8Array {
  return Buffer.concat(
    strings.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

export const malformed = (message: string, cause?: unknown): KompaktError =>
  new KompaktError('KPT_REQUEST_MALFORMED', message, {}, cause);
