// How near one tensor is to another: signal-to-noise ratio, cosine, largest difference. Streams over samples.

/** Sums over all samples of one tensor; memory does not grow with the data. */
export class Similarity {
  #signal = 0;
  #noise = 0;
  #other = 0;
  #dot = 0;
  #maxAbsError = 0;
  #count = 0;
  #notFinite = 0;

  /** Adds one pair. Requires: equal lengths. Pairs with NaN or infinity are counted apart. */
  add(reference: ArrayLike<number>, candidate: ArrayLike<number>): void {
    for (let i = 0; i < reference.length; i++) {
      const a = reference[i]!;
      const b = candidate[i]!;
      const error = a - b;
      if (!Number.isFinite(error)) {
        this.#notFinite++;
        continue;
      }
      this.#signal += a * a;
      this.#other += b * b;
      this.#dot += a * b;
      this.#noise += error * error;
      this.#maxAbsError = Math.max(this.#maxAbsError, Math.abs(error));
    }
    this.#count += reference.length;
  }

  get count(): number {
    return this.#count;
  }

  /** Elements where either side was NaN or infinite. */
  get notFinite(): number {
    return this.#notFinite;
  }

  get maxAbsError(): number {
    return this.#maxAbsError;
  }

  /** 10 log10(sum a^2 / sum (a-b)^2) in dB; Infinity when equal. */
  get sqnr(): number {
    if (this.#noise === 0) return Number.POSITIVE_INFINITY;
    return 10 * Math.log10(this.#signal / this.#noise);
  }

  /** Cosine of the angle between the two; 1 when both are zero. */
  get cosine(): number {
    if (this.#signal === 0 && this.#other === 0) return 1;
    const norm = Math.sqrt(this.#signal) * Math.sqrt(this.#other);
    return norm === 0 ? 0 : Math.max(-1, Math.min(1, this.#dot / norm));
  }
}
