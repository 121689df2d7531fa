import { leastSquares } from '../../../lib/compress/refit/least-squares.js';
import { productGraph, sparseLeastSquares } from '../../../lib/compress/refit/sparse-least-squares.js';
import { GraphExecutor } from '../../../lib/session/executor.js';
import { randomFloats } from '../../helpers/random-floats.js';

const executor = new GraphExecutor(productGraph(), 1);
afterAll(() => executor.release());

test.each([
  [1, 1],
  [2, 3],
  [7, 5],
  [31, 16],
  [67, 4],
])('%i unknowns, %i rows: the solution for the weights that are not 0', async (size, count) => {
  const x = randomFloats(2 * size * size, size, 3);
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      for (let r = 0; r < 2 * size; r++) matrix[i * size + j]! += x[r * size + i]! * x[r * size + j]!;
  const rowsFrom = (seed: number) =>
    Array.from({ length: count }, (_, r) => Float64Array.from(randomFloats(size, seed + r)));
  const sides = rowsFrom(100);
  // From none to all.
  const priors = rowsFrom(200).map((row, r) => row.map((v, k) => ((k * 7 + r) % 4 < r % 5 ? 0 : v)));
  const ridge = Float64Array.from({ length: size }, (_, k) => 0.01 * matrix[k * size + k]!);
  const found = await sparseLeastSquares({ matrix, size, sides, priors, ridge }, (feeds) =>
    executor.run(feeds),
  );
  found.forEach((row, r) => {
    const kept = Array.from(row.keys()).filter((k) => priors[r]![k] !== 0);
    const part = (values: Float64Array): Float64Array => Float64Array.from(kept, (k) => values[k]!);
    const [wanted] = leastSquares({
      matrix: Float64Array.from(kept.flatMap((i) => kept.map((j) => matrix[i * size + j]!))),
      size: kept.length,
      sides: [part(sides[r]!)],
      priors: [part(priors[r]!)],
      ridge: part(ridge),
    });
    const whole = new Float64Array(size);
    kept.forEach((k, i) => {
      whole[k] = wanted![i]!;
    });
    const errorOf = (w: Float64Array): number => {
      let sum = 0;
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) sum += w[i]! * matrix[i * size + j]! * w[j]!;
        sum += ridge[i]! * (w[i]! - priors[r]![i]!) ** 2 - 2 * sides[r]![i]! * w[i]!;
      }
      return sum;
    };
    const least = errorOf(whole);
    expect(errorOf(row) - least).toBeLessThanOrEqual(1e-6 * (errorOf(priors[r]!) - least));
    for (const [k, v] of row.entries()) if (priors[r]![k] === 0) expect(v).toBe(0);
  });
});
