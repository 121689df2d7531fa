// Scales and zero points of 8-bit weights (one, or one per output channel) and the constants that steps want of them.
import { type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import { derivedConstant } from './derived-constant.js';
import { combinedScale } from './quantized.js';

/** The value for output channel o. Grouped transposed convolutions may share one list between groups. */
export const perChannel = (values: ArrayLike<number>, o: number): number => values[o % values.length];

/** Scale of the accumulator of every output channel: sx * sw[o] / sy, or sx * sw[o] for float output. */
export function accumulatorScales(
  wScale: TensorValue,
  channels: number,
  sx: number,
  sy: number | undefined,
): TensorValue {
  return derivedConstant(wScale, `accumulator ${channels} ${sx} ${sy}`, () => {
    const scales = toNumbers(wScale);
    const out = new Float32Array(channels).map((_, o) => combinedScale(sx, perChannel(scales, o), sy));
    return tensor('float32', [channels], out);
  });
}

/** Zero points as the engine stores the weights (uint8 minus 128), one per channel; null when all are zero. */
export function storedWeightZeros(
  w: TensorValue,
  wZero: TensorValue | undefined,
  channels: number,
): TensorValue | null {
  const shift = w.dtype === 'uint8' ? 128 : 0;
  const zeros = wZero === undefined ? [0] : toNumbers(wZero);
  if (zeros.every((z) => z === shift)) return null;
  return derivedConstant(wZero ?? w, `stored zeros ${channels} ${shift}`, () =>
    tensor(
      'int32',
      [channels],
      new Int32Array(channels).map((_, o) => perChannel(zeros, o) - shift),
    ),
  );
}

/** False where scales of a file are so small or large that their quotient is no number: no step takes those. */
export const allFinite = (scales: TensorValue): boolean =>
  (scales.data as Float32Array).every((scale) => Number.isFinite(scale));
