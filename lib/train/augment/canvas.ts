// What augmentations change: samples of one model input, as the float32 [C,H,W] that they are written for.
import { roundHalfEven } from '../../ops/shared/rounding.js';
import { type DType, dtypes, type TypedArray } from '../../tensor/dtype.js';
import { sizeOf } from '../../tensor/shape.js';
import type { Augment } from './augmentation.js';

/** Types whose values are measured, as pictures and sounds are. Wider integers are indices, whose neighbours mean something else. */
const measured: readonly DType[] = ['float32', 'uint8', 'int8', 'uint16', 'int16'];

export const canBeAugmented = (dtype: DType): boolean => measured.includes(dtype);

export class Canvas {
  readonly #dtype: DType;
  readonly #dims: readonly number[];
  /** Of each element, its place in [C,H,W]; undefined where it is that already. */
  readonly #places: Uint32Array | undefined;
  readonly #values: Float32Array;

  /** `dims` are those of a sample; `channelsLast`: they are [H,W,C]. */
  constructor(dtype: DType, dims: readonly number[], channelsLast: boolean) {
    const [height, width, channels] = dims as [number, number, number];
    this.#dtype = dtype;
    this.#dims = channelsLast ? [channels, height, width] : dims;
    this.#values = new Float32Array(sizeOf(dims));
    this.#places = channelsLast
      ? Uint32Array.from(this.#values, (_, i) => (i % channels) * height * width + Math.floor(i / channels))
      : undefined;
  }

  /** Changes a sample in place. Integers are rounded, and cut to their range. */
  change(row: TypedArray, changes: readonly Augment[], random: () => number): void {
    const isFloat = this.#dtype === 'float32';
    if (isFloat && this.#places === undefined) {
      for (const change of changes) change(row as Float32Array, this.#dims, random);
      return;
    }
    const places = this.#places;
    const values = this.#values;
    for (let i = 0; i < row.length; i++) values[places?.[i] ?? i] = row[i] as number;
    for (const change of changes) change(values, this.#dims, random);
    const { min, max } = dtypes[this.#dtype];
    for (let i = 0; i < row.length; i++) {
      const value = values[places?.[i] ?? i]!;
      row[i] = isFloat ? value : Math.min(max, Math.max(min, roundHalfEven(value)));
    }
  }
}
