import { leastSquares } from '../../../lib/compress/refit/least-squares.js';
import { randomFloats } from '../../helpers/random-floats.js';

test.each([1, 2, 7, 31])('%i unknowns: the equations hold', (size) => {
  const x = randomFloats(3 * size * size, size);
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      for (let r = 0; r < 3 * size; r++) matrix[i * size + j]! += x[r * size + i]! * x[r * size + j]!;
  const [sides, priors] = [10, 20].map((seed) =>
    [1, 2].map((k) => Float64Array.from(randomFloats(size, seed + k))),
  );
  const given = matrix.slice();
  for (const share of [1e-6, 0.5]) {
    const ridge = Float64Array.from({ length: size }, (_, k) => share * (1 + k));
    leastSquares({ matrix, size, sides: sides!, priors: priors!, ridge }).forEach((w, k) => {
      for (let i = 0; i < size; i++) {
        const left = w.reduce((sum, v, j) => sum + v * given[j * size + i]!, ridge[i]! * w[i]!);
        expect(Math.abs(left - sides![k]![i]! - ridge[i]! * priors![k]![i]!)).toBeLessThan(1e-9);
      }
    });
  }
  expect(matrix).toEqual(given);
});

test('what nothing is known of stays what it was', () => {
  const matrix = Float64Array.of(2, 0, 0, 0);
  const [w] = leastSquares({
    matrix,
    size: 2,
    sides: [Float64Array.of(6, 0)],
    priors: [Float64Array.of(1, 5)],
    ridge: Float64Array.of(1e-9, 1e-9),
  });
  expect(w![0]).toBeCloseTo(3, 6);
  expect(w![1]).toBeCloseTo(5, 6);
});
