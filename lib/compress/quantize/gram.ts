// Gram matrices of what layers multiply by their weights: X^T X over the rows of calibration samples. The squared error that
// rounded weights make at a layer's output is a function of it alone, so that no activation need be kept.
// Source: Frantar et al. 2022, arXiv:2210.17323, section 3 (the Hessian 2 X X^T of a layer's error).
import type { Executor } from '../../calibrate/collect.js';
import { attr } from '../../graph/attribute.js';
import type { Graph } from '../../graph/graph.js';
import { canonicalOpset, freezeGraph } from '../../graph/graph.js';
import type { ProductRows } from '../../ops/shared/product-rows.js';
import { f32 } from '../../tensor/tensor.js';

/** Longest side of a matrix. Longer rows are split into parts that are taken to be independent. */
export const longestPart = 2048;

/** Rows taken of each sample at least; and in all samples, rows for each element of a row. */
const rowsOfSample = 64;
const rowsPerElement = 8;

/** Part of the matrix of one group: elements first to first + size of its rows. */
export interface GramPart {
  readonly group: number;
  readonly first: number;
  readonly size: number;
  /** [size, size], row-major, per row seen; less the product of means where `centred`. */
  matrix(centred: boolean): Float64Array;
  /** Mean of each element, [size]. */
  readonly means: Float64Array;
}

/** All that is known of the rows that meet one constant of weights. */
export class Gram {
  readonly #parts: number;
  readonly #size: number;
  /** First estimates of the means. Products are of what is above them: float32 would keep little of how values differ that are all
   *  large. */
  readonly #offsets: Float32Array;
  /** Of what is above the offsets. */
  readonly #products: Float64Array;
  readonly #sums: Float64Array;
  #rows = 0;
  #samples = 0;

  /** `samples`: as many are expected. */
  constructor(
    readonly groups: number,
    readonly depth: number,
    private readonly samples: number,
    private readonly multiply: Executor,
  ) {
    this.#parts = Math.ceil(depth / longestPart);
    this.#size = Math.ceil(depth / this.#parts);
    const matrices = groups * this.#parts;
    this.#products = new Float64Array(matrices * this.#size ** 2);
    this.#sums = new Float64Array(matrices * this.#size);
    this.#offsets = new Float32Array(matrices * this.#size);
  }

  /** Whether rows of this kind can be added. */
  fits({ groups, depth }: ProductRows): boolean {
    return groups === this.groups && depth === this.depth;
  }

  /** Adds some rows of a sample, evenly spread. */
  async see(values: Float32Array, rows: ProductRows): Promise<void> {
    const wanted = Math.max(rowsOfSample, Math.ceil((rowsPerElement * this.depth) / this.samples));
    const count = Math.min(rows.count, wanted);
    if (count === 0) return;
    // The places differ from sample to sample: fractions of the golden ratio fill an interval evenly.
    const shift = (this.#samples * 0.6180339887498949) % 1;
    const size = this.#size;
    const matrices = this.groups * this.#parts;
    // [matrix, row, element]; the last part of a row may be shorter, its end stays 0.
    const x = new Float32Array(matrices * count * size);
    const whole = new Float32Array(this.depth);
    for (let i = 0; i < count; i++)
      for (let group = 0; group < this.groups; group++) {
        rows.copy(values, group, Math.floor(((i + shift) * rows.count) / count), whole, 0);
        for (let part = 0; part < this.#parts; part++) {
          const matrix = group * this.#parts + part;
          x.set(whole.subarray(part * size, (part + 1) * size), (matrix * count + i) * size);
        }
      }
    this.#takeOff(x, count);
    const { y } = Object.fromEntries(await this.multiply(new Map([['x', f32([matrices, count, size], x)]])));
    const products = y.data as Float32Array;
    for (let i = 0; i < products.length; i++) this.#products[i] += products[i];
    this.#rows += count;
    this.#samples++;
  }

  /** Takes the offsets, which are the means of the first rows, off rows [matrix, row, element], and adds up what is left. */
  #takeOff(x: Float32Array, count: number): void {
    const [size, offsets, sums] = [this.#size, this.#offsets, this.#sums];
    for (let first = 0, of = 0; first < x.length; first += count * size, of += size)
      for (let k = 0; k < size; k++) {
        if (this.#rows === 0) {
          let sum = 0;
          for (let i = 0; i < count; i++) sum += x[first + i * size + k];
          offsets[of + k] = sum / count;
        }
        for (let i = first + k; i < first + count * size; i += size) {
          x[i] -= offsets[of + k];
          sums[of + k] += x[i];
        }
      }
  }

  get rows(): number {
    return this.#rows;
  }

  *parts(): Generator<GramPart> {
    const size = this.#size;
    for (let group = 0; group < this.groups; group++)
      for (let part = 0; part < this.#parts; part++) {
        const at = group * this.#parts + part;
        const own = Math.min(size, this.depth - part * size);
        const above = this.#sums.slice(at * size, at * size + own).map((sum) => sum / this.#rows);
        const means = above.map((mean, k) => this.#offsets[at * size + k] + mean);
        const matrix = (centred: boolean): Float64Array => {
          const found = new Float64Array(own * own);
          for (let i = 0; i < own; i++)
            for (let j = 0; j < own; j++) {
              const product = this.#products[(at * size + i) * size + j] / this.#rows - above[i] * above[j];
              const covariance = i === j ? Math.max(0, product) : product;
              found[i * own + j] = covariance + (centred ? 0 : means[i] * means[j]);
            }
          return found;
        };
        yield { group, first: part * size, size: own, matrix, means };
      }
  }
}

/** x [B,N,K] to y [B,K,K] = x^T x. */
export function gramGraph(): Graph {
  return freezeGraph({
    name: 'gram',
    opsets: { '': canonicalOpset },
    inputs: [{ name: 'x', dtype: 'float32', dims: null }],
    outputs: [{ name: 'y', dtype: 'float32', dims: null }],
    constants: new Map(),
    nodes: [
      {
        name: 'transpose',
        op: 'Transpose',
        domain: '',
        inputs: ['x'],
        outputs: ['t'],
        attributes: { perm: attr.ints([0, 2, 1]) },
      },
      { name: 'product', op: 'MatMul', domain: '', inputs: ['t', 'x'], outputs: ['y'], attributes: {} },
    ],
  });
}
