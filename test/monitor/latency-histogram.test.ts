import { LatencyHistogram } from '../../lib/monitor/latency-histogram.js';
import { uniformNumbers } from '../../lib/ops/shared/random-numbers.js';

const quantiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

test.each([
  ['microseconds', 0.002, 0.4],
  ['milliseconds', 0.5, 40],
  ['minutes', 1000, 300_000],
])('percentiles of %s are within a bucket of the exact ones', (_, low, high) => {
  const next = uniformNumbers(7);
  const values = Array.from({ length: 5000 }, () => low * (high / low) ** next());
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  values.sort((a, b) => a - b);
  const summary = histogram.summary();
  for (const [name, q] of Object.entries(quantiles)) {
    const exact = values[Math.ceil(q * values.length) - 1]!;
    const got = summary[name as keyof typeof quantiles]!;
    // Half a bucket: 1/128 of the value, or of the narrowest bucket an eighth of a microsecond.
    expect(Math.abs(got - exact)).toBeLessThanOrEqual(Math.max(exact / 128, 1 / 16000) + 1e-12);
  }
  expect([summary.count, summary.min, summary.max]).toEqual([5000, values[0], values.at(-1)]);
  expect(summary.mean).toBeCloseTo(values.reduce((a, b) => a + b, 0) / 5000, 6);
});

test('what is empty has no percentiles, and what is out of range is cut', () => {
  const histogram = new LatencyHistogram();
  expect(histogram.summary()).toMatchObject({ count: 0, min: null, mean: null, p99: null, max: null });
  for (const value of [0, 1e9]) histogram.record(value);
  expect(histogram.summary()).toMatchObject({ count: 2, min: 0, max: 1e9 });
  expect(histogram.percentile(0.1)).toBeLessThan(0.001);
  expect(histogram.percentile(1)).toBeGreaterThan(500_000);
});

test('counts of several add up', () => {
  const [one, other, both] = [new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram()];
  const next = uniformNumbers(3);
  for (let i = 0; i < 1000; i++) {
    const value = 20 * next();
    (i % 3 === 0 ? one : other).record(value);
    both.record(value);
  }
  one.add(other);
  const { mean, ...rest } = both.summary();
  expect(one.summary()).toMatchObject(rest);
  expect(one.summary().mean).toBeCloseTo(mean!, 9);
  one.reset();
  expect(one.summary()).toEqual(new LatencyHistogram().summary());
});
