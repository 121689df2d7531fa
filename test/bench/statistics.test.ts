import { percentile, summarize } from '../../lib/bench/statistics.js';

test('percentiles are nearest ranks', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect([0, 0.5, 0.9, 0.95, 0.99, 1].map((q) => percentile(hundred, q))).toEqual([1, 50, 90, 95, 99, 100]);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test('a summary does not depend on the order of samples', () => {
  const summary = summarize([4, 1, 3, 2]);
  expect(summary).toEqual(summarize([1, 2, 3, 4]));
  expect(summary).toEqual({
    runs: 4,
    min: 1,
    mean: 2.5,
    p50: 2,
    p90: 4,
    p95: 4,
    p99: 4,
    max: 4,
    jitter: 2,
    throughput: 400,
  });
});
