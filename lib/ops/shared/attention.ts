// Scaled dot-product attention as every operator of that family computes it: softmax(scale * Q K' + bias) V for each
// head, where several heads of queries may share one head of keys and values.
import { fromNumbers, type TensorValue } from '../../tensor/tensor.js';

export interface AttentionSizes {
  readonly batch: number;
  /** Heads of queries, and of keys and values; the second divides the first. */
  readonly heads: number;
  readonly kvHeads: number;
  readonly queries: number;
  /** Length of keys and values, the past included. */
  readonly keys: number;
  /** Elements of one head of Q and K, and of V. */
  readonly size: number;
  readonly valueSize: number;
}

export interface AttentionOptions {
  readonly scale: number;
  /** Scores are bent into (-softcap, softcap) before the bias; 0: they are not. */
  readonly softcap: number;
  /** Added to the score of query s and key t. */
  readonly bias: (batch: number, head: number, s: number, t: number) => number;
}

export interface Attended {
  /** [batch, heads, queries, valueSize] */
  readonly y: Float64Array;
  /** Scores [batch, heads, queries, keys] after each stage. */
  readonly scores: Float64Array;
  readonly capped: Float64Array;
  readonly biased: Float64Array;
  readonly probabilities: Float64Array;
}

/** What a mask of bools adds for a forbidden key: a row of nothing else gives 0, as onnxruntime has it. */
export const lowest = -3.4028234663852886e38;

/** q [B,N,S,H], k [B,K,T,H], v [B,K,T,V]. */
export function attend(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  sizes: AttentionSizes,
  { scale, softcap, bias }: AttentionOptions,
): Attended {
  const { batch, heads, kvHeads, queries, keys, size, valueSize } = sizes;
  const scores = new Float64Array(batch * heads * queries * keys);
  const y = new Float64Array(batch * heads * queries * valueSize);
  const [capped, biased, probabilities] = [scores.slice(), scores.slice(), scores.slice()];
  for (let row = 0; row < batch * heads * queries; row++) {
    const s = row % queries;
    const head = Math.floor(row / queries) % heads;
    const b = Math.floor(row / (queries * heads));
    const shared = (b * kvHeads + Math.floor((head * kvHeads) / heads)) * keys;
    for (let t = 0; t < keys; t++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += q[row * size + i] * k[(shared + t) * size + i];
      const at = row * keys + t;
      scores[at] = sum * scale;
      capped[at] = softcap > 0 ? softcap * Math.tanh(scores[at] / softcap) : scores[at];
      biased[at] = capped[at] + bias(b, head, s, t);
    }
    const line = biased.subarray(row * keys, (row + 1) * keys);
    const largest = line.reduce((a, c) => Math.max(a, c), Number.NEGATIVE_INFINITY);
    if (largest > Number.NEGATIVE_INFINITY && largest <= lowest / 2) continue;
    const powers = line.map((c) => Math.exp(c - largest));
    const total = powers.reduce((a, c) => a + c, 0);
    powers.forEach((power, t) => {
      probabilities[row * keys + t] = power / total;
      for (let i = 0; i < valueSize; i++)
        y[row * valueSize + i] += (power / total) * v[(shared + t) * valueSize + i];
    });
  }
  return { y, scores, capped, biased, probabilities };
}

/** [batch, length, heads, size] <-> [batch, heads, length, size]; `a` and `b` are the two axes as they lie in `x`. */
export function swapHeads(x: Float64Array, batch: number, a: number, b: number): Float64Array {
  const out = new Float64Array(x.length);
  const size = x.length / (batch * a * b || 1);
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < a; i++)
      for (let j = 0; j < b; j++) {
        const from = ((n * a + i) * b + j) * size;
        out.set(x.subarray(from, from + size), ((n * b + j) * a + i) * size);
      }
  return out;
}

/** Past and new keys (or values) along the axis of time, for each of `rows` = batch * heads. */
export function appended(past: Float64Array, now: Float64Array, rows: number): Float64Array {
  const out = new Float64Array(past.length + now.length);
  const [p, n] = [past.length / rows, now.length / rows];
  for (let row = 0; row < rows; row++) {
    out.set(past.subarray(row * p, (row + 1) * p), row * (p + n));
    out.set(now.subarray(row * n, (row + 1) * n), row * (p + n) + p);
  }
  return out;
}

/** Element (b, h, s, t) of a tensor of rank 4 or less that broadcasts to [batch, heads, queries, keys]. */
export function broadcastBias(dims: readonly number[], values: ArrayLike<number>): AttentionOptions['bias'] {
  const shape = [...new Array<number>(4 - dims.length).fill(1), ...dims];
  return (...index) => {
    let at = 0;
    for (let axis = 0; axis < 4; axis++) at = at * shape[axis] + (shape[axis] === 1 ? 0 : index[axis]);
    return values[at];
  };
}

/** Query s may look at keys up to s + offset. */
export const causalBias =
  (offset: number): AttentionOptions['bias'] =>
  (_b, _h, s, t) =>
    t > s + offset ? Number.NEGATIVE_INFINITY : 0;

/** The sum of several biases. */
export const biasSum =
  (biases: readonly AttentionOptions['bias'][]): AttentionOptions['bias'] =>
  (b, h, s, t) =>
    biases.reduce((sum, bias) => sum + bias(b, h, s, t), 0);

/** A tensor of the type of another. */
export const tensorLike = (like: TensorValue, dims: readonly number[], values: Float64Array): TensorValue =>
  fromNumbers(like.dtype, dims, values);
