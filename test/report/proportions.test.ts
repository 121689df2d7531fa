import { mcNemarTest, wilsonInterval } from '../../lib/report/proportions.js';

describe('wilsonInterval', () => {
  // Published example values: Newcombe 1998, table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%d of %d: %f to %f', (successes, samples, low, high) => {
    const interval = wilsonInterval(successes, samples);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test('holds the share, stays in [0, 1] and narrows with samples', () => {
    let width = 1;
    for (const samples of [1, 2, 5, 17, 100, 10_000]) {
      for (let successes = 0; successes <= samples; successes += Math.max(1, Math.floor(samples / 7))) {
        const { low, high } = wilsonInterval(successes, samples);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(successes / samples);
        expect(high).toBeGreaterThanOrEqual(successes / samples);
      }
      const half = wilsonInterval(samples / 2, samples);
      expect(half.high - half.low).toBeLessThan(width);
      width = half.high - half.low;
    }
  });

  test('knows nothing without samples', () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });
});

describe('mcNemarTest', () => {
  /** Two-sided tail of the binomial with probability 1/2, in integers. */
  function exact(firstOnly: number, secondOnly: number): number {
    const count = BigInt(firstOnly + secondOnly);
    let [term, tail] = [1n, 1n];
    for (let k = 1n; k <= BigInt(Math.min(firstOnly, secondOnly)); k++) {
      term = (term * (count - k + 1n)) / k;
      tail += term;
    }
    return Math.min(1, 2 * (Number((tail << 60n) / (1n << count)) / 2 ** 60));
  }

  test.each([
    [0, 0],
    [1, 0],
    [5, 5],
    [0, 6],
    [10, 2],
    [30, 55],
    [300, 381],
  ])('%d and %d as in integers', (firstOnly, secondOnly) => {
    expect(mcNemarTest({ firstOnly, secondOnly })).toBeCloseTo(exact(firstOnly, secondOnly), 12);
    expect(mcNemarTest({ firstOnly: secondOnly, secondOnly: firstOnly })).toBe(
      mcNemarTest({ firstOnly, secondOnly }),
    );
  });

  test('thousands of disagreements do not underflow', () => {
    expect(mcNemarTest({ firstOnly: 2000, secondOnly: 2000 })).toBe(1);
    expect(mcNemarTest({ firstOnly: 1800, secondOnly: 2200 })).toBeLessThan(1e-8);
    expect(mcNemarTest({ firstOnly: 1800, secondOnly: 2200 })).toBeGreaterThan(1e-12);
  });
});
