// Many samples as one set of feeds: tensors whose first dimension counts samples, written into memory that is reused.
import { expected, KompaktError } from '../errors.js';
import type { TensorType } from '../ops/op.js';
import { isInt64, type TypedArray } from '../tensor/dtype.js';
import { type Dims, sameDims, sizeOf } from '../tensor/shape.js';
import { allocate, type TensorValue } from '../tensor/tensor.js';

/** A tensor for `capacity` samples. The type is that of one sample, without the dimension that counts them. */
export class BatchBuffer {
  readonly #name: string;
  readonly #type: TensorType;
  readonly #size: number;
  readonly #data: TypedArray;

  constructor(name: string, type: TensorType, capacity: number) {
    this.#name = name;
    this.#type = type;
    this.#size = sizeOf(type.dims);
    this.#data = allocate(type.dtype, [capacity, ...type.dims]);
  }

  /** Whether a value, whose first dimension counts samples, has this type. */
  isFor({ dtype, dims }: TensorValue): boolean {
    return dtype === this.#type.dtype && sameDims(dims.slice(1), this.#type.dims);
  }

  /** Writes sample `at`. Throws KPT_SHAPE_MISMATCH or KPT_TYPE_MISMATCH naming `where` when it does not fit. */
  set(at: number, value: TensorValue, where: string): void {
    const what = `'${this.#name}' of ${where}`;
    if (value.dtype !== this.#type.dtype)
      throw new KompaktError('KPT_TYPE_MISMATCH', expected(this.#type.dtype, what, value.dtype));
    // As many elements are not enough: rows of another length would be read as these.
    if (!sameDims(withoutOnes(value.dims), withoutOnes(this.#type.dims)))
      throw new KompaktError(
        'KPT_SHAPE_MISMATCH',
        expected(`${this.#size} elements [${this.#type.dims.join(',')}]`, what, value.dims),
      );
    (this.#data as Float32Array).set(value.data as Float32Array, at * this.#size);
  }

  /** Writes one number as the whole of sample `at`, which must be of one element. */
  setNumber(at: number, value: number): void {
    this.#data[at] = isInt64(this.#type.dtype) ? BigInt(value) : value;
  }

  /** The memory of sample `at`. */
  sample(at: number): TypedArray {
    return this.#data.subarray(at * this.#size, (at + 1) * this.#size) as TypedArray;
  }

  /** The first `count` samples; the memory is that of the buffer. */
  take(count: number): TensorValue {
    const data = this.#data.subarray(0, count * this.#size) as TypedArray;
    return { dtype: this.#type.dtype, dims: [count, ...this.#type.dims], data };
  }
}

/** They leave elements in their places, and one of them counts the sample. */
const withoutOnes = (dims: Dims): Dims => dims.filter((size) => size !== 1);
