import { Similarity } from '../../lib/report/similarity.js';

const of = (a: readonly number[], b: readonly number[]): Similarity => {
  const similarity = new Similarity();
  similarity.add(a, b);
  return similarity;
};

test('equal tensors have infinite SQNR, cosine 1 and no error', () => {
  const { sqnr, cosine, maxAbsError } = of([1, -2, 3], [1, -2, 3]);
  expect([sqnr, cosine, maxAbsError]).toEqual([Number.POSITIVE_INFINITY, 1, 0]);
});

test('noise of a tenth of the signal is 20 dB', () => {
  expect(of([10, 0], [9, 0]).sqnr).toBeCloseTo(20, 12);
});

test('opposite and orthogonal vectors', () => {
  expect(of([1, 2], [-1, -2]).cosine).toBeCloseTo(-1, 12);
  expect(of([1, 0], [0, 1]).cosine).toBe(0);
  expect(of([0, 0], [0, 0]).cosine).toBe(1);
});

test('adding in parts equals adding at once', () => {
  const a = Array.from({ length: 97 }, (_, i) => Math.sin(i));
  const b = a.map((x, i) => x + Math.cos(7 * i) / 50);
  const parts = new Similarity();
  for (let i = 0; i < a.length; i += 13) parts.add(a.slice(i, i + 13), b.slice(i, i + 13));
  expect(parts.sqnr).toBeCloseTo(of(a, b).sqnr, 9);
  expect(parts.cosine).toBeCloseTo(of(a, b).cosine, 12);
  expect(parts.maxAbsError).toBe(of(a, b).maxAbsError);
  expect(parts.count).toBe(97);
});

test('NaN and infinity are counted apart and spoil no figure', () => {
  const mixed = of([1, Number.NaN, 2, 3], [1, 0, Number.POSITIVE_INFINITY, 3]);
  expect(mixed.notFinite).toBe(2);
  expect(mixed.sqnr).toBe(Number.POSITIVE_INFINITY);
});
