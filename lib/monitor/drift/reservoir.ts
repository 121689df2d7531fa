// A uniform sample of a stream in fixed memory (Vitter 1985, algorithm R).
import { uniformNumbers } from '../../ops/shared/random-numbers.js';

export class Reservoir {
  readonly #kept: Float64Array;
  readonly #random: () => number;
  #seen = 0;

  constructor(capacity: number, seed: number) {
    this.#kept = new Float64Array(capacity);
    this.#random = uniformNumbers(seed);
  }

  add(value: number): void {
    const { length } = this.#kept;
    const place = this.#seen < length ? this.#seen : Math.floor(this.#random() * (this.#seen + 1));
    if (place < length) this.#kept[place] = value;
    this.#seen++;
  }

  values(): Float64Array {
    return this.#kept.subarray(0, Math.min(this.#seen, this.#kept.length));
  }
}
