import {
  type Curvature,
  curvatureOf,
  refineRow,
  roundToNearest,
  roundWithFeedback,
} from '../../../lib/compress/quantize/gptq.js';
import { randomFloats } from '../../helpers/random-floats.js';

/** X^T X / rows of correlated random rows. */
function covariance(size: number, rows: number, seed: number): Float64Array {
  const noise = randomFloats(rows * size, seed);
  const common = randomFloats(rows, seed + 1);
  const matrix = new Float64Array(size * size);
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const [a, b] = [i, j].map((k) => (1 + (k % 3)) * noise[r * size + k]! + common[r]!);
        matrix[i * size + j]! += (a! * b!) / rows;
      }
  return matrix;
}

const curvature = (size: number, seed: number, rows = 4 * size): Curvature =>
  curvatureOf(covariance(size, rows, seed), size);

function errorOf(row: Float64Array, integers: Int8Array, scale: number, { matrix, size }: Curvature): number {
  const d = row.map((v, k) => v - integers[k]! * scale);
  let error = 0;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) error += d[i]! * matrix[i * size + j]! * d[j]!;
  return error;
}

const rowOf = (size: number, seed: number): Float64Array => Float64Array.from(randomFloats(size, seed));

describe.each([1, 2, 3, 8, 31])('%i weights', (size) => {
  test.each([4 * size, 1])('the parts multiply to the damped matrix; rows seen: %i', (rows) => {
    const plain = covariance(size, rows, size);
    const { matrix, order, upper, remainders } = curvatureOf(plain.slice(), size);
    const trace = plain.reduce((sum, v, i) => sum + (i % (size + 1) === 0 ? v : 0), 0);
    const damping = (0.01 * trace) / size;
    const unit = (i: number, k: number): number => (i === k ? 1 : k > i ? upper[i * size + k]! : 0);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const damped = plain[i * size + j]! + (i === j ? damping : 0);
        expect(Math.abs(matrix[i * size + j]! - damped)).toBeLessThan(1e-12);
        let product = 0;
        for (let k = 0; k < size; k++) product += unit(i, k) * remainders[k]! * unit(j, k);
        expect(Math.abs(product - matrix[order[i]! * size + order[j]!]!)).toBeLessThan(1e-9 * trace);
      }
    const diagonal = [...order].map((k) => matrix[k * size + k]!);
    expect(diagonal).toEqual([...diagonal].sort((a, b) => b - a));
  });

  test('errors are those of the quadratic form', () => {
    const c = curvature(size, 7);
    for (let seed = 1; seed <= 5; seed++) {
      const row = rowOf(size, seed);
      const fed = roundWithFeedback(row, 0.25, 7, c);
      expect(fed.error).toBeCloseTo(errorOf(row, fed.integers, 0.25, c), 9);
      const refined = refineRow(row, fed.integers, 0.25, 7, c);
      expect(refined.error).toBeCloseTo(errorOf(row, refined.integers, 0.25, c), 9);
      expect(refined.error).toBeLessThanOrEqual(fed.error + 1e-12);
    }
  });

  test('after refining no single weight has a better level', () => {
    const c = curvature(size, 11);
    const row = rowOf(size, 3);
    const { integers, error } = refineRow(row, roundToNearest(row, 0.3, 3), 0.3, 3, c);
    for (let k = 0; k < size; k++)
      for (let q = -3; q <= 3; q++) {
        const other = Int8Array.from(integers);
        other[k] = q;
        expect(errorOf(row, other, 0.3, c)).toBeGreaterThanOrEqual(error - 1e-9);
      }
  });

  test('without correlations it is rounding to the nearest', () => {
    const diagonal = new Float64Array(size * size);
    for (let k = 0; k < size; k++) diagonal[k * size + k] = 1 + (k % 5);
    const c = curvatureOf(diagonal, size);
    const row = rowOf(size, 9);
    const near = roundToNearest(row, 0.2, 4);
    expect([...roundWithFeedback(row, 0.2, 4, c).integers]).toEqual([...near]);
    expect([...refineRow(row, near, 0.2, 4, c).integers]).toEqual([...near]);
  });
});

test('comes near to the best of all roundings, and is better than the nearest', () => {
  const [size, limit, scale] = [5, 1, 0.6];
  const c = curvature(size, 5);
  let [best, found, near] = [0, 0, 0];
  for (let seed = 1; seed <= 40; seed++) {
    const row = rowOf(size, seed);
    let least = Number.POSITIVE_INFINITY;
    for (let code = 0; code < 3 ** size; code++) {
      const tried = Int8Array.from({ length: size }, (_, k) => (Math.floor(code / 3 ** k) % 3) - 1);
      least = Math.min(least, errorOf(row, tried, scale, c));
    }
    best += least;
    found += refineRow(row, roundWithFeedback(row, scale, limit, c).integers, scale, limit, c).error;
    near += errorOf(row, roundToNearest(row, scale, limit), scale, c);
  }
  expect(found).toBeGreaterThanOrEqual(best - 1e-9);
  expect(found).toBeLessThan(1.15 * best);
  expect(found).toBeLessThan(0.9 * near);
});

test('what is 0 stays 0', () => {
  const c = curvature(16, 2);
  const row = rowOf(16, 4).map((v, k) => (k % 2 === 0 ? 0 : v));
  const fed = roundWithFeedback(row, 0.3, 3, c).integers;
  for (const integers of [fed, refineRow(row, fed, 0.3, 3, c).integers])
    expect([...integers].filter((_, k) => k % 2 === 0)).toEqual(new Array(8).fill(0));
});

test('inputs that are always 0 do no harm', () => {
  const c = curvatureOf(new Float64Array(9), 3);
  const row = Float64Array.of(0.3, -0.7, 0.1);
  expect([...roundWithFeedback(row, 0.2, 7, c).integers]).toEqual([...roundToNearest(row, 0.2, 7)]);
});

test('products beyond float32 do no harm either', () => {
  const row = Float64Array.of(0.3, -0.7, 0.1);
  for (const v of [Number.POSITIVE_INFINITY, Number.NaN]) {
    const c = curvatureOf(new Float64Array(9).fill(v), 3);
    expect([...roundWithFeedback(row, 0.2, 7, c).integers]).toEqual([...roundToNearest(row, 0.2, 7)]);
  }
});

test('of a matrix that rounding made indefinite, at least the damping is left', () => {
  const matrix = new Float64Array(16).fill(1);
  for (let k = 0; k < 4; k++) matrix[k * 5]! -= 0.05;
  const { remainders } = curvatureOf(matrix, 4);
  expect(Math.min(...remainders)).toBeGreaterThanOrEqual(0.0095);
});
