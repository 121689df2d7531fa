// Linear least squares with a prior for rows of weights of which some are 0: those that are not are all that is fitted.
// Source: Hestenes & Stiefel 1952, J. Res. NBS 49(6), 409-436 (conjugate gradients); here for many rows at once, on the matrix
// scaled to a diagonal of ones.
import type { Executor } from '../../calibrate/collect.js';
import { canonicalOpset, freezeGraph, type Graph } from '../../graph/graph.js';
import { f32 } from '../../tensor/tensor.js';
import type { NormalEquations } from './least-squares.js';

/** A row is solved when its residual is this share of what it was. The products are float32. */
const tolerance = 1e-4;
const mostSteps = 100;

/** What is 0 in a row's prior stays so. `multiply`: productGraph(). */
export async function sparseLeastSquares(
  { matrix, size, sides, priors, ridge }: NormalEquations,
  multiply: Executor,
): Promise<Float64Array[]> {
  // In units in which the diagonal is 1.
  const unit = ridge.map((added, k) => 1 / Math.sqrt(matrix[k * size + k]! + added));
  const scaled = Float32Array.from(matrix, (v, i) => {
    const [row, column] = [Math.floor(i / size), i % size];
    return row === column ? 1 : v * unit[row]! * unit[column]!;
  });
  const a = f32([size, size], scaled);
  const count = sides.length;
  const flat = (of: (row: number, k: number) => number): Float64Array =>
    Float64Array.from({ length: count * size }, (_, i) => {
      const [row, k] = [Math.floor(i / size), i % size];
      return priors[row]![k] === 0 ? 0 : of(row, k);
    });
  const product = async (x: Float64Array): Promise<Float32Array> =>
    (
      await multiply(
        new Map([
          ['x', f32([count, size], Float32Array.from(x))],
          ['a', a],
        ]),
      )
    ).get('y')!.data as Float32Array;

  const x = flat((row, k) => priors[row]![k]! / unit[k]!);
  const start = await product(x);
  const residual = flat(
    (row, k) => unit[k]! * (sides[row]![k]! + ridge[k]! * priors[row]![k]!) - start[row * size + k]!,
  );
  const direction = residual.slice();
  const powers = Float64Array.from({ length: count }, (_, row) => dot(residual, residual, row, size));
  const enough = powers.map((power) => power * tolerance ** 2);
  for (let step = 0; step < mostSteps && powers.some((power, row) => power > enough[row]!); step++) {
    const along = await product(direction);
    for (let row = 0; row < count; row++) {
      const curvature = dot(along, direction, row, size);
      if (!(powers[row]! > enough[row]!) || !(curvature > 0)) {
        powers[row] = 0;
        continue;
      }
      const stride = powers[row]! / curvature;
      for (let k = 0, i = row * size; k < size; k++, i++) {
        if (priors[row]![k] === 0) continue;
        x[i]! += stride * direction[i]!;
        residual[i]! -= stride * along[i]!;
      }
      const power = dot(residual, residual, row, size);
      const kept = power / powers[row]!;
      powers[row] = power;
      for (let i = row * size; i < (row + 1) * size; i++) direction[i] = residual[i]! + kept * direction[i]!;
    }
  }
  return priors.map((_, row) => Float64Array.from({ length: size }, (_, k) => x[row * size + k]! * unit[k]!));
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>, row: number, size: number): number {
  let sum = 0;
  for (let i = row * size; i < (row + 1) * size; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** x [N,K] and a [K,K] to y = x a. */
export function productGraph(): Graph {
  return freezeGraph({
    name: 'product',
    opsets: { '': canonicalOpset },
    inputs: ['x', 'a'].map((name) => ({ name, dtype: 'float32' as const, dims: null })),
    outputs: [{ name: 'y', dtype: 'float32', dims: null }],
    constants: new Map(),
    nodes: [
      { name: 'product', op: 'MatMul', domain: '', inputs: ['x', 'a'], outputs: ['y'], attributes: {} },
    ],
  });
}
