// Matrix products with the dimension rules of MatMul: shapes and the reference arithmetic, float and integer.
import { broadcastDims, broadcastStrides, type Dims, sizeOf } from '../../tensor/shape.js';
import type { Accumulators } from './convolution.js';
import { illegalShape } from './illegal.js';

export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Leading dims of the output. */
  readonly batch: Dims;
  /** Operands with two dims at least: a vector becomes a row (A) or a column (B). */
  readonly a: Dims;
  readonly b: Dims;
  readonly transA: boolean;
  readonly transB: boolean;
  /** Logical output dims. */
  readonly dims: Dims;
}

export function productOf(
  aDims: Dims,
  bDims: Dims,
  transA: boolean,
  transB: boolean,
  where: string,
): Product {
  if (aDims.length === 0 || bDims.length === 0)
    illegalShape('operands of rank 1 or more', where, `[${aDims.join()}] and [${bDims.join()}]`);
  const a = aDims.length === 1 ? [1, ...aDims] : aDims;
  const b = bDims.length === 1 ? [...bDims, 1] : bDims;
  const [aRows, aColumns] = a.slice(-2);
  const [bRows, bColumns] = b.slice(-2);
  const [m, k] = transA ? [aColumns, aRows] : [aRows, aColumns];
  const [depth, n] = transB ? [bColumns, bRows] : [bRows, bColumns];
  if (k !== depth)
    illegalShape('operands with equal inner dims', where, `[${aDims.join()}] and [${bDims.join()}]`);
  const batch = broadcastDims([a.slice(0, -2), b.slice(0, -2)], where);
  const dims = [...batch, ...(aDims.length === 1 ? [] : [m]), ...(bDims.length === 1 ? [] : [n])];
  return { m, n, k, batch, a, b, transA, transB, dims };
}

export const productMacs = (p: Product): number => sizeOf(p.batch) * p.m * p.n * p.k;

/** For every matrix of the batch, the number of the matrix of `dims` that it reads. */
function batchIndices(dims: Dims, batch: Dims): Int32Array {
  const strides = broadcastStrides(dims, batch);
  const indices = new Int32Array(sizeOf(batch));
  for (let i = 0; i < indices.length; i++) {
    let rest = i;
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      indices[i] += (rest % batch[axis]) * strides[axis];
      rest = Math.floor(rest / batch[axis]);
    }
  }
  return indices;
}

/** The sums over k in order, in an array whose stores round or wrap (see convolution.ts). */
export function multiply<A extends Accumulators>(
  a: Float64Array,
  b: Float64Array,
  p: Product,
  Sums: new (length: number) => A,
): A {
  const { m, n, k } = p;
  const aOf = batchIndices(p.a.slice(0, -2), p.batch);
  const bOf = batchIndices(p.b.slice(0, -2), p.batch);
  const out = new Sums(aOf.length * m * n);
  const row = new Sums(n);
  const [aRow, aColumn] = p.transA ? [1, m] : [k, 1];
  const [bRow, bColumn] = p.transB ? [1, k] : [n, 1];
  for (let i = 0; i < aOf.length; i++)
    for (let r = 0; r < m; r++) {
      row.fill(0);
      for (let d = 0; d < k; d++) {
        const value = a[aOf[i] * m * k + r * aRow + d * aColumn];
        const base = bOf[i] * k * n + d * bRow;
        for (let c = 0; c < n; c++) row[c] += value * b[base + c * bColumn];
      }
      out.set(row, (i * m + r) * n);
    }
  return out;
}
