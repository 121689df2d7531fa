// Quantisation parameters of tensors: real = scale * (stored - zero point), per tensor or along one axis.
import { expected, KompaktError } from '../errors.js';
import { type DType, dtypes } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import { f32, type TensorValue, toNumbers } from '../tensor/tensor.js';
import { malformed, type Table } from './flat-file.js';

export interface Quantization {
  /** One, or one for each index of `axis`. */
  readonly scales: readonly number[];
  /** As many as scales. */
  readonly zeros: readonly number[];
  readonly axis: number;
}

/**
 * The parameters of an 8-bit tensor; undefined when it has none. Float tensors keep only ranges, and what int32 biases say
 * is what follows from input and weight.
 */
export function readQuantization(
  table: Table | undefined,
  dtype: DType,
  dims: readonly number[],
  where: string,
): Quantization | undefined {
  if (table === undefined || !dtypes[dtype].integer || dtype === 'int32') return undefined;
  if (table.uint8(4) !== 0)
    throw new KompaktError('KPT_TFLITE_UNSUPPORTED', `The custom quantisation of ${where} is not supported.`);
  const scales = table.float32s(2);
  if (scales.length === 0) return undefined;
  if (dtype !== 'int8' && dtype !== 'uint8')
    throw new KompaktError(
      'KPT_TFLITE_UNSUPPORTED',
      `Quantisation of ${where} to ${dtype} is not supported.`,
    );
  const axis = table.int32(6);
  if (scales.length > 1 && scales.length !== dims[axis])
    malformed(expected(`one scale, or one for each index of axis ${axis}`, where, scales.length));
  if (!scales.every((s) => s > 0 && Number.isFinite(s)))
    malformed(expected('scales above zero', where, scales.slice(0, 8)));
  const given = table.int64s(3);
  if (given.length > 1 && given.length !== scales.length)
    malformed(expected(`${scales.length} zero points`, where, given.length));
  const zeros = scales.map((_, i) => given[given.length === 1 ? 0 : i] ?? 0);
  const { min, max } = dtypes[dtype];
  if (zeros.some((z) => z < min || z > max))
    malformed(expected(`zero points that fit ${dtype}`, where, zeros.slice(0, 8)));
  return { scales, zeros, axis: scales.length > 1 ? axis : 0 };
}

/** scale * (stored - zero point) in float32; `axis` is that of the scales in `value`. */
export function dequantized(value: TensorValue, { scales, zeros }: Quantization, axis: number): TensorValue {
  const stored = toNumbers(value);
  const inner = sizeOf(value.dims.slice(axis + 1));
  const at = (i: number): number => Math.floor(i / inner) % scales.length;
  return f32(
    value.dims,
    Float32Array.from(stored, (v, i) => (v - zeros[at(i)]) * scales[at(i)]),
  );
}

export const sameQuantization = (a: Quantization | undefined, b: Quantization | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    a.scales.length === 1 &&
    b.scales.length === 1 &&
    a.scales[0] === b.scales[0] &&
    a.zeros[0] === b.zeros[0]);
