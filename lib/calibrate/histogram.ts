// A histogram in fixed memory: 2048 bins on either side of zero, over [-limit, limit]. When a value falls outside,
// the limit doubles and neighbouring bins merge pairwise, which is exact. The limit is always a power of two, so the
// counts do not depend on the order in which values came.

export const binsPerSide = 2048;

export class Histogram {
  /** Bin i of a side holds magnitudes in [i, i + 1) * binWidth; zeros are counted apart. */
  readonly positive = new Float64Array(binsPerSide);
  readonly negative = new Float64Array(binsPerSide);
  zeros = 0;
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  /** Power of two above every magnitude seen; 0 before the first value that is not zero. */
  limit = 0;

  get binWidth(): number {
    return this.limit / binsPerSide;
  }

  add(values: Float32Array): void {
    let low = this.min;
    let high = this.max;
    for (let i = 0; i < values.length; i++) {
      const v = values[i]!;
      if (v < low) low = v;
      if (v > high) high = v;
    }
    this.min = low;
    this.max = high;
    this.count += values.length;
    this.cover(Math.max(-low, high));
    const perUnit = this.limit === 0 ? 0 : binsPerSide / this.limit;
    const { positive, negative } = this;
    let zeros = 0;
    for (let i = 0; i < values.length; i++) {
      const v = values[i];
      // Below binsPerSide, so `| 0` is floor.
      if (v > 0) positive[(v * perUnit) | 0] += 1;
      else if (v < 0) negative[(-v * perUnit) | 0] += 1;
      else zeros++;
    }
    this.zeros += zeros;
  }

  /** Raises the limit above `magnitude`. */
  private cover(magnitude: number): void {
    if (!(magnitude > 0) || magnitude < this.limit) return;
    // Powers of two down to float32's smallest: the quotient by bin stays exact in double precision.
    if (this.limit === 0) this.limit = 2 ** Math.floor(Math.log2(magnitude));
    while (this.limit <= magnitude) {
      mergePairs(this.positive);
      mergePairs(this.negative);
      this.limit *= 2;
    }
  }
}

function mergePairs(bins: Float64Array): void {
  const half = bins.length / 2;
  for (let i = 0; i < half; i++) bins[i] = bins[2 * i]! + bins[2 * i + 1]!;
  bins.fill(0, half);
}
