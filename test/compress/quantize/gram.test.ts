import { Gram, gramGraph } from '../../../lib/compress/quantize/gram.js';
import type { ProductRows } from '../../../lib/ops/shared/product-rows.js';
import { GraphExecutor } from '../../../lib/session/executor.js';
import { randomFloats } from '../../helpers/random-floats.js';

const executor = new GraphExecutor(gramGraph(), 1);
afterAll(() => executor.release());

/** Rows that lie one after the other, group by group. */
const rowsOf = (groups: number, count: number, depth: number): ProductRows => ({
  groups,
  depth,
  channelAxis: 1,
  count,
  copy: (values, group, row, to, at) =>
    to.set(values.subarray((group * count + row) * depth, (group * count + row + 1) * depth), at),
});

test.each([
  [1, 1, 1],
  [1, 7, 5],
  [3, 20, 4],
  [1, 3, 2049],
])('%i groups of %i rows of %i', async (groups, count, depth) => {
  const gram = new Gram(groups, depth, 2, (feeds) => executor.run(feeds));
  const rows = rowsOf(groups, count, depth);
  const samples = [1, 2].map((seed) => randomFloats(groups * count * depth, seed));
  for (const values of samples) await gram.see(values, rows);
  const parts = [...gram.parts()];
  expect(parts.reduce((sum, { size }) => sum + size, 0)).toBe(groups * depth);
  const at = (s: number, group: number, row: number, k: number): number =>
    samples[s]![(group * count + row) * depth + k]!;
  const all = Array.from({ length: 2 * count }, (_, i) => [Math.floor(i / count), i % count] as const);
  for (const { group, first, size, means, matrix } of parts) {
    const [plain, centred] = [matrix(false), matrix(true)];
    const mean = (f: (s: number, row: number) => number): number =>
      all.reduce((sum, [s, row]) => sum + f(s, row), 0) / all.length;
    // All pairs of the small ones, some of the long ones.
    const stride = Math.max(1, Math.floor(size / 6));
    for (let i = 0; i < size; i += stride) {
      const wanted = mean((s, row) => at(s, group, row, first + i));
      expect(Math.abs(means[i]! - wanted)).toBeLessThan(1e-6);
      for (let j = 0; j < size; j += stride) {
        const product = mean((s, row) => at(s, group, row, first + i) * at(s, group, row, first + j));
        expect(Math.abs(plain[i * size + j]! - product)).toBeLessThan(1e-6);
        expect(Math.abs(centred[i * size + j]! - (product - means[i]! * means[j]!))).toBeLessThan(1e-6);
      }
    }
  }
});

test.each([0, 1, 1000, -1e6])('covariances of what varies little around %d', async (mean) => {
  const [count, depth] = [50, 6];
  // Multiples of a power of two, so that the sums with the mean are exact.
  const steps = [1, 2, 3].map((seed) => randomFloats(count * depth, seed).map((v) => Math.round(16 * v) / 8));
  const gram = new Gram(1, depth, steps.length, (feeds) => executor.run(feeds));
  for (const values of steps)
    await gram.see(
      values.map((v) => v + mean),
      rowsOf(1, count, depth),
    );
  const [part] = gram.parts();
  const { matrix, means } = part!;
  const [plain, centred] = [matrix(false), matrix(true)];
  const all = steps.flatMap((values) => [...values]);
  const average = (f: (row: number) => number): number => {
    let sum = 0;
    for (let row = 0; row < all.length; row += depth) sum += f(row);
    return (sum * depth) / all.length;
  };
  for (let i = 0; i < depth; i++) {
    const own = average((row) => all[row + i]!);
    expect(Math.abs(means[i]! - mean - own)).toBeLessThan(1e-7);
    for (let j = 0; j < depth; j++) {
      const wanted = average((row) => all[row + i]! * all[row + j]!) - own * average((row) => all[row + j]!);
      expect(Math.abs(centred[i * depth + j]! - wanted)).toBeLessThan(1e-6);
      const product = wanted + means[i]! * means[j]!;
      expect(Math.abs(plain[i * depth + j]! / product - 1)).toBeLessThan(1e-5);
    }
  }
});

test('what never changes has no covariance, not even by rounding', async () => {
  const gram = new Gram(1, 5, 3, (feeds) => executor.run(feeds));
  const values = randomFloats(5, 3, 1000);
  for (let s = 0; s < 3; s++) await gram.see(values, rowsOf(1, 1, 5));
  const [part] = gram.parts();
  expect([...part!.matrix(true)]).toEqual(new Array(25).fill(0));
  expect([...part!.means]).toEqual([...values]);
});

test('takes some rows of many, others of each sample, and as many of short ones as of long ones need', async () => {
  const seen: number[][] = [];
  const spied = (depth: number): ProductRows => ({
    groups: 1,
    depth,
    channelAxis: 1,
    count: 1000,
    copy: (_values, _group, row) => seen.at(-1)!.push(row),
  });
  for (const [depth, wanted] of [
    [3, 64],
    [500, 400],
  ] as const) {
    const gram = new Gram(1, depth, 10, (feeds) => executor.run(feeds));
    for (let s = 0; s < 3; s++) {
      seen.push([]);
      await gram.see(new Float32Array(0), spied(depth));
    }
    for (const rows of seen.splice(0)) {
      expect(new Set(rows).size).toBe(wanted);
      expect(rows).toEqual([...rows].sort((a, b) => a - b));
      expect(rows[0]).toBeLessThan(1000 / wanted);
      expect(rows.at(-1)).toBeGreaterThanOrEqual(999 - 1000 / wanted);
      expect(rows.at(-1)).toBeLessThan(1000);
    }
  }
});
