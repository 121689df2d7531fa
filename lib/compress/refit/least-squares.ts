// Linear least squares with a prior, for rows of weights.

/** Rows w with the least w A w^T - 2 b w^T + (w - prior) R (w - prior)^T: those of w (A + R) = b + prior R. */
export interface NormalEquations {
  /** A, [size, size], symmetric and positive semidefinite. */
  readonly matrix: Float64Array;
  readonly size: number;
  /** b of each row, [size]. */
  readonly sides: readonly Float64Array[];
  /** Of each row, [size]. */
  readonly priors: readonly Float64Array[];
  /** The diagonal of R, [size], all > 0. */
  readonly ridge: Float64Array;
}

export function leastSquares({ matrix, size, sides, priors, ridge }: NormalEquations): Float64Array[] {
  const lower = cholesky(matrix, size, ridge);
  return sides.map((side, i) => {
    const x = side.map((v, k) => v + ridge[k]! * priors[i]![k]!);
    for (let r = 0; r < size; r++) {
      let sum = x[r]!;
      for (let k = 0; k < r; k++) sum -= lower[r * size + k]! * x[k]!;
      x[r] = sum / lower[r * size + r]!;
    }
    for (let r = size - 1; r >= 0; r--) {
      const solved = x[r]! / lower[r * size + r]!;
      x[r] = solved;
      for (let k = 0; k < r; k++) x[k]! -= lower[r * size + k]! * solved;
    }
    return x;
  });
}

/** L of L L^T = A + R, lower triangle, [size, size]. */
function cholesky(matrix: Float64Array, size: number, ridge: Float64Array): Float64Array {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]! + (i === j ? ridge[i]! : 0);
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
      // What is left of a diagonal is never below the ridge, but by rounding.
      lower[i * size + j] = i === j ? Math.sqrt(Math.max(sum, ridge[i]!)) : sum / lower[j * size + j]!;
    }
  return lower;
}
