// What is looked at of one tensor of one sample, at a bounded cost: some of its elements, their mean and deviation, values that are
// no numbers or out of range, and the class that a classifier chose.
import type { Tensor } from 'onnxruntime-common';
import type { DType } from '../../tensor/dtype.js';
import { fromFloat16 } from '../../tensor/half.js';
import { storedAs, type TensorValue } from '../../tensor/tensor.js';

/** Elements of a tensor that are looked at; of larger ones every n-th, from a random one on. */
export const mostElements = 256;
/** Outputs [rows, classes] with more are no classifiers. */
const mostClasses = 4096;

/** Shares add up to 1, within this in floating point. In a quantised model each may be off by half a step of 8 bits. */
const shareError = 1e-3;
const halfStep = 1 / 256;

/** Values that a quantised input can tell apart. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The features of one tensor; the object is used again for the next one. */
export class Features {
  readonly elements = new Float64Array(mostElements);
  /** How many of `elements` are there: the finite ones. */
  count = 0;
  looked = 0;
  notFinite = 0;
  outside = 0;
  mean = 0;
  deviation = 0;
  /** The class with the greatest value; -1 where there are no classes. */
  top = -1;
  classes = 0;
  /** The share of the top class: its value where the row is one of shares, its softmax otherwise. */
  confidence = 0;

  /** `row`: which sample of a batch; null for the tensor as a whole. `phase` in [0,1) chooses among the elements. False for a
   *  tensor without numbers. */
  read(tensor: Tensor, row: number | null, range: Range | null, phase: number): boolean {
    const { data, dims, type } = tensor;
    if (!ArrayBuffer.isView(data) || data.length === 0) return false;
    const size = row === null ? data.length : data.length / dims[0]!;
    const from = row === null ? 0 : row * size;
    const values = storedAs(type as DType, data as TensorValue['data']) as ArrayLike<number>;
    const stride = Math.max(1, Math.ceil(size / mostElements));
    this.count = 0;
    this.looked = 0;
    this.notFinite = 0;
    this.outside = 0;
    let sum = 0;
    for (let i = Math.floor(phase * stride); i < size; i += stride) {
      const value = numberAt(type, values, from + i);
      this.looked++;
      if (!Number.isFinite(value)) this.notFinite++;
      else {
        this.elements[this.count++] = value;
        sum += value;
        if (range !== null && (value < range.low || value > range.high)) this.outside++;
      }
    }
    this.mean = this.count === 0 ? 0 : sum / this.count;
    let squares = 0;
    for (let i = 0; i < this.count; i++) squares += (this.elements[i]! - this.mean) ** 2;
    this.deviation = this.count === 0 ? 0 : Math.sqrt(squares / this.count);
    // One row that is the tensor as a whole, too: most files are exported with a batch of 1.
    const isScores = dims.length === 2 && (row !== null || dims[0] === 1) && type.startsWith('float');
    this.classes = isScores && size >= 2 && size <= mostClasses ? size : 0;
    this.top = -1;
    if (this.classes > 0) this.#readClasses(type, values, from);
    return true;
  }

  #readClasses(type: string, values: ArrayLike<number>, from: number): void {
    let greatest = Number.NEGATIVE_INFINITY;
    let sum = 0;
    let least = 0;
    for (let i = 0; i < this.classes; i++) {
      const value = numberAt(type, values, from + i);
      if (!Number.isFinite(value)) {
        this.top = -1;
        return;
      }
      if (value > greatest) [greatest, this.top] = [value, i];
      sum += value;
      least = Math.min(least, value);
    }
    const rounded = this.classes * halfStep;
    if (least >= 0 && greatest < 1 + shareError && Math.abs(sum - 1) < shareError + rounded) {
      this.confidence = greatest;
      return;
    }
    let exponentials = 0;
    for (let i = 0; i < this.classes; i++)
      exponentials += Math.exp(numberAt(type, values, from + i) - greatest);
    this.confidence = 1 / exponentials;
  }
}

/** An element of data as values keep them, as a number: 64-bit integers are rounded. */
const numberAt = (type: string, data: ArrayLike<number>, index: number): number =>
  type === 'float16' ? fromFloat16(data[index]!) : Number(data[index]);
