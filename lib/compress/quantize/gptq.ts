// Rounding weights so that the outputs of a layer change least: one weight of a row after the other is rounded to the nearest
// level, and what that errs is made up for by the weights of the row that are still to be rounded.
// Source: Frantar et al. 2022, arXiv:2210.17323, algorithm 1 (with the order by decreasing diagonal of its code), in the form
// of Chee et al. 2023, arXiv:2307.13304, section 3.2 (LDLQ: H = (I + U) D (I + U)^T gives the same weights without an
// inverse) and its greedy updates (section 4.2). Here for convolutions too, on the covariance of the inputs where the bias
// takes up the mean error, and never worse by the layer's error than rounding to the nearest.

/** Share of the mean of the diagonal that is added to it: samples are few. */
const damping = 0.01;

/** Rounds of greedy updates at most; most rows are done after two. */
const greedyRounds = 8;

/** H, damped, with its decomposition: what rounding needs of a layer. */
export interface Curvature {
  readonly size: number;
  /** [size, size]. */
  readonly matrix: Float64Array;
  /** Elements in the order in which they are rounded. */
  readonly order: Int32Array;
  /** Strictly upper triangle in that order, [size, size]. */
  readonly upper: Float64Array;
  /** The diagonal of D, in that order: the weight of what is left of each error after the elements behind it made up for it. */
  readonly remainders: Float64Array;
}

/** `matrix`: symmetric and positive semidefinite, [size, size]; is overwritten. */
export function curvatureOf(matrix: Float64Array, size: number): Curvature {
  let trace = 0;
  for (let k = 0; k < size; k++) trace += matrix[k * size + k];
  // Beyond float32 nothing is known; each weight counts the same, as where all inputs are 0.
  if (!Number.isFinite(trace)) {
    trace = 0;
    matrix.fill(0);
  }
  const added = (damping * trace) / size || 1;
  for (let k = 0; k < size; k++) matrix[k * size + k] += added;
  const order = Int32Array.from({ length: size }, (_, k) => k).sort(
    (a, b) => matrix[b * size + b] - matrix[a * size + a] || a - b,
  );
  const upper = new Float64Array(size * size);
  const diagonal = new Float64Array(size);
  // From the last column back: row i of column j needs the columns behind j only.
  const scaled = new Float64Array(size);
  for (let j = size - 1; j >= 0; j--) {
    const row = j * size;
    for (let k = j + 1; k < size; k++) scaled[k] = upper[row + k] * diagonal[k];
    for (let i = j; i >= 0; i--) {
      let sum = matrix[order[i] * size + order[j]];
      const other = i * size;
      for (let k = j + 1; k < size; k++) sum -= upper[other + k] * scaled[k];
      // Of a damped matrix at least the damping is left, but for rounding.
      if (i === j) diagonal[j] = Math.max(sum, added);
      else upper[other + j] = sum / diagonal[j];
    }
  }
  return { size, matrix, order, upper, remainders: diagonal };
}

/** Integers of one row of weights, and the error of its products. */
export interface RoundedRow {
  readonly integers: Int8Array;
  /** (w - wq) H (w - wq)^T. */
  readonly error: number;
}

const level = (value: number, scale: number, limit: number): number =>
  Math.max(-limit, Math.min(limit, Math.round(value / scale)));

/** Rounds one weight after the other and corrects those to come. `row`: [size], in steps of `scale` within [-limit, limit]. */
export function roundWithFeedback(
  row: Float64Array,
  scale: number,
  limit: number,
  { size, order, upper, remainders }: Curvature,
): RoundedRow {
  const integers = new Int8Array(size);
  const owed = new Float64Array(size);
  let error = 0;
  for (let k = 0; k < size; k++) {
    const element = order[k];
    const target = row[element] + owed[k];
    // What is 0 has been pruned and stays so.
    const integer = row[element] === 0 ? 0 : level(target, scale, limit);
    integers[element] = integer;
    error += remainders[k] * (target - integer * scale) ** 2;
    const difference = row[element] - integer * scale;
    const corrections = k * size;
    for (let j = k + 1; j < size; j++) owed[j] += difference * upper[corrections + j];
  }
  return { integers, error };
}

export const roundToNearest = (row: Float64Array, scale: number, limit: number): Int8Array =>
  Int8Array.from(row, (v) => level(v, scale, limit));

/** Moves single weights to the best level, given all others, until none gains. */
export function refineRow(
  row: Float64Array,
  start: Int8Array,
  scale: number,
  limit: number,
  { matrix, size }: Curvature,
): RoundedRow {
  const integers = start.slice();
  const difference = row.map((v, k) => v - integers[k] * scale);
  // difference H, kept up to date: half the slope of the error.
  const pull = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const d = difference[i];
    if (d !== 0) for (let j = 0; j < size; j++) pull[j] += d * matrix[i * size + j];
  }
  for (let round = 0, moved = true; moved && round < greedyRounds; round++) {
    moved = false;
    for (let k = 0; k < size; k++) {
      if (row[k] === 0) continue;
      const stiffness = matrix[k * size + k];
      const best = level(integers[k] * scale + pull[k] / stiffness, scale, limit);
      // The error is a parabola in each weight, so that the level nearest to its lowest point is best. A tie stays.
      const change = (best - integers[k]) * scale;
      if (change * (stiffness * change - 2 * pull[k]) >= 0) continue;
      integers[k] = best;
      difference[k] -= change;
      for (let j = 0; j < size; j++) pull[j] -= change * matrix[k * size + j];
      moved = true;
    }
  }
  let error = 0;
  for (let k = 0; k < size; k++) error += difference[k] * pull[k];
  return { integers, error };
}
