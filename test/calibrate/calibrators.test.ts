import { calibrators } from '../../lib/calibrate/index.js';
import type { QuantiserShape } from '../../lib/calibrate/observer.js';
import { randomFloats } from '../helpers/random-floats.js';

const asymmetric: QuantiserShape = { levels: 256, symmetric: false };
const byName = (name: string) => calibrators.find((c) => c.name === name)!;

function rangeOf(name: string, batches: readonly Float32Array[], shape = asymmetric) {
  const observer = byName(name).create(shape);
  for (const b of batches) observer.see(b, [b.length]);
  return observer.range();
}

/** Mean squared error of quantising values to a range. */
function errorOf(values: Float32Array, { min, max }: { min: number; max: number }, levels = 256): number {
  const step = (max - min) / (levels - 1);
  let total = 0;
  for (const v of values) {
    const q = Math.min(levels - 1, Math.max(0, Math.round((v - min) / step)));
    total += (v - (min + q * step)) ** 2;
  }
  return total / values.length;
}

/** Bell-shaped values with a few far outliers. */
function withOutliers(count: number): Float32Array {
  const parts = [1, 2, 3, 4, 5, 6].map((seed) => randomFloats(count, seed));
  const bell = Float32Array.from({ length: count }, (_, i) => parts.reduce((a, p) => a + p[i]!, 0));
  bell[17] = 90;
  bell[40] = -70;
  return bell;
}

describe.each(calibrators.map((c) => [c.name, c] as const))('%s', (name, calibrator) => {
  it('says what it is and where it comes from', () => {
    expect(calibrator.summary).not.toBe('');
    expect(calibrator.source).not.toBe('');
  });

  it('answers {0,0} for nothing and for zeros', () => {
    expect(rangeOf(name, [])).toEqual({ min: 0, max: 0 });
    const zeros = rangeOf(name, [new Float32Array(9)]);
    expect([zeros.min + 0, zeros.max + 0]).toEqual([0, 0]);
  });

  it('stays inside the values and covers most of a plain distribution', () => {
    const values = randomFloats(20000, 3, 5).map((v) => v + 3);
    const { min, max } = rangeOf(name, [values]);
    expect(min).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6);
    expect(max).toBeLessThanOrEqual(Math.max(...values) + 1e-6);
    expect(max - min).toBeGreaterThan(9);
  });

  it('keeps the lower bound of values that are not negative at or above 0', () => {
    const { min, max } = rangeOf(name, [randomFloats(5000, 9, 2).map((v) => Math.max(0, v))]);
    expect(min).toBeGreaterThanOrEqual(-0);
    expect(max).toBeGreaterThan(1.5);
  });

  it('is deterministic', () => {
    const values = withOutliers(4000);
    expect(rangeOf(name, [values])).toEqual(rangeOf(name, [values]));
  });
});

describe('the rules', () => {
  const values = withOutliers(60000);

  it('min-max keeps the outliers; percentile, mse and entropy cut them off', () => {
    expect(rangeOf('min-max', [values])).toEqual({ min: -70, max: 90 });
    // Few values make two outliers dear to the mean squared error, so mse gives way less.
    for (const [name, limit] of [
      ['percentile', 60],
      ['mse', 85],
      // Held back by the limit on clipped power.
      ['entropy', 65],
    ] as const) {
      const { min, max } = rangeOf(name, [values]);
      expect(max).toBeLessThan(limit);
      expect(max).toBeGreaterThan(3);
      expect(min).toBeGreaterThan(-limit);
      expect(min).toBeLessThan(-3);
    }
  });

  it('mse has no larger error than min-max and percentile, also at 4 bits', () => {
    for (const levels of [256, 16]) {
      const shape = { levels, symmetric: false };
      const best = errorOf(values, rangeOf('mse', [values], shape), levels);
      expect(best).toBeLessThan(errorOf(values, rangeOf('min-max', [values]), levels));
      expect(best).toBeLessThan(errorOf(values, rangeOf('percentile', [values]), levels) * 1.02);
    }
  });

  it('percentile leaves the stated share outside', () => {
    const uniform = randomFloats(1_000_000, 5, 1);
    const { max } = rangeOf('percentile', [uniform]);
    let outside = 0;
    for (const v of uniform) if (v > max) outside++;
    expect(outside).toBeGreaterThan(80);
    expect(outside).toBeLessThan(120);
  });

  it('moving average weighs samples, min-max does not', () => {
    const batches = [Float32Array.of(0, 1), Float32Array.of(-1, 11)];
    const { min, max } = rangeOf('moving-average', batches);
    expect(min).toBeCloseTo(-0.01);
    expect(max).toBeCloseTo(1.1);
  });

  it('symmetric ranges of mse are symmetric', () => {
    const { min, max } = rangeOf('mse', [values], { levels: 255, symmetric: true });
    expect(min).toBe(-max);
  });
});
