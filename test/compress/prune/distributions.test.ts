// Ways to share zeros among layers: each gives as many as asked for, and those that its paper says.
import type { LayerWeights } from '../../../lib/compress/prune/distribution.js';
import { distributions } from '../../../lib/compress/prune/distributions/index.js';
import { noise } from '../../helpers/run-reference.js';

const layer = (dims: number[], factor = 1, seed = 1): LayerWeights => ({
  dims,
  values: (noise('float32', dims, seed).data as Float32Array).map((v) => v * factor),
});
const zerosBy = (name: string, layers: readonly LayerWeights[], zeros: number): readonly number[] =>
  distributions.find((one) => one.name === name)!.zerosOf(layers, zeros);

const net = [
  layer([6, 1, 5, 5]),
  layer([16, 6, 5, 5], 0.3, 2),
  layer([120, 256], 0.1, 3),
  layer([10, 84], 1, 4),
];
const sizes = net.map(({ values }) => values.length);
const all = sizes.reduce((a, b) => a + b, 0);

test.each(distributions.map(({ name }) => name))('%s gives as many zeros as asked for', (name) => {
  for (const sparsity of [0, 1e-4, 0.1, 0.5, 0.9, 0.99, 1 - 1 / all]) {
    const zeros = Math.round(sparsity * all);
    const shares = zerosBy(name, net, zeros);
    expect(shares.reduce((a, b) => a + b, 0)).toBe(zeros);
    shares.forEach((share, i) => {
      expect(Number.isInteger(share) && share >= 0 && share <= sizes[i]!).toBe(true);
    });
  }
});

test('uniform: the same share of each', () => {
  zerosBy('uniform', net, Math.round(0.9 * all)).forEach((zeros, i) => {
    expect(Math.abs(zeros - 0.9 * sizes[i]!)).toBeLessThan(1);
  });
});

test('erk: densities in the ratio of (sum of dims) / (product of dims), at most 1', () => {
  const density = (dims: readonly number[]) =>
    dims.reduce((a, b) => a + b, 0) / dims.reduce((a, b) => a * b, 1);
  const kept = zerosBy('erk', net, Math.round(0.8 * all)).map((zeros, i) => 1 - zeros / sizes[i]!);
  expect(kept[0]).toBe(1);
  expect(kept[1]! / kept[2]!).toBeCloseTo(density([16, 6, 5, 5]) / density([120, 256]), 2);
});

test('global: one threshold for all', () => {
  const layers = [layer([4], 1), layer([4], 1)].map((one, i) => ({
    ...one,
    values: Float32Array.from(i === 0 ? [4, -1, 3, 2] : [0.5, 9, -8, 7]),
  }));
  expect(zerosBy('global', layers, 3)).toEqual([2, 1]);
});

test('lamp: the score of a weight is its square over those of all that are not smaller', () => {
  // Scores by hand: [1, 4, 9, 16] -> 1/30, 4/29, 9/25, 1; [100, 100] -> the earlier one 1/2, the later one 1.
  const layers = [
    { dims: [4], values: Float32Array.of(1, 2, -3, 4) },
    { dims: [2], values: Float32Array.of(10, -10) },
  ];
  expect(zerosBy('lamp', layers, 2)).toEqual([2, 0]);
  expect(zerosBy('lamp', layers, 3)).toEqual([3, 0]);
  expect(zerosBy('lamp', layers, 4)).toEqual([3, 1]);
});

test.each(distributions.map(({ name }) => name))(
  '%s: infinite weights and NaN do not upset the count',
  (name) => {
    const values = Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 2, 0, -3);
    const odd = [{ dims: [6], values }, layer([7])];
    for (const zeros of [0, 1, 5, 9, 12]) {
      const shares = zerosBy(name, odd, zeros);
      expect(shares.reduce((a, b) => a + b, 0)).toBe(zeros);
    }
  },
);
