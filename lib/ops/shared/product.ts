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

/** Where the matrices of a product lie: of each of the batch which one is read, and the strides of their rows and columns. */
interface Places {
  readonly aOf: Int32Array;
  readonly bOf: Int32Array;
  readonly a: readonly [row: number, column: number];
  readonly b: readonly [row: number, column: number];
}

const placesOf = (p: Product): Places => ({
  aOf: batchIndices(p.a.slice(0, -2), p.batch),
  bOf: batchIndices(p.b.slice(0, -2), p.batch),
  a: p.transA ? [1, p.m] : [p.k, 1],
  b: p.transB ? [1, p.k] : [p.n, 1],
});

/** The sums over k in order, in an array whose stores round or wrap (see convolution.ts). */
export function multiply<A extends Accumulators>(
  a: Float64Array,
  b: Float64Array,
  p: Product,
  Sums: new (length: number) => A,
): A {
  const { m, n, k } = p;
  const { aOf, bOf, ...strides } = placesOf(p);
  const [[aRow, aColumn], [bRow, bColumn]] = [strides.a, strides.b];
  const out = new Sums(aOf.length * m * n);
  const row = new Sums(n);
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

/** The same of 64-bit integers, whose stores wrap. */
export function multiplyWide(a: BigInt64Array, b: BigInt64Array, p: Product): BigInt64Array {
  const { m, n, k } = p;
  const { aOf, bOf, ...strides } = placesOf(p);
  const [[aRow, aColumn], [bRow, bColumn]] = [strides.a, strides.b];
  const out = new BigInt64Array(aOf.length * m * n);
  for (let at = 0; at < out.length; at++) {
    const [i, r, c] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
    const aStart = aOf[i] * m * k + r * aRow;
    const bStart = bOf[i] * k * n + c * bColumn;
    let sum = 0n;
    for (let d = 0; d < k; d++) sum += a[aStart + d * aColumn] * b[bStart + d * bRow];
    out[at] = sum;
  }
  return out;
}
