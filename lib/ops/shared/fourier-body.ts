// Fourier transforms in bodies, as products with matrices of cosines and sines that are computed in double precision: one
// matrix, or two stages where the length has divisors (Cooley and Tukey, 1965, with two factors).
import { f32, type TensorValue } from '../../tensor/tensor.js';
import type { Body } from './body.js';
import { derivedConstant } from './derived-constant.js';

/** The first `bins` frequencies of `length` numbers that have `parts` parts each: 1 for real ones, 2 for complex ones. */
export interface Transform {
  readonly length: number;
  readonly parts: number;
  readonly bins: number;
  readonly inverse: boolean;
}

/** First of the two factors of the length; 1 for one matrix. */
export type Factor = number;

/** Most elements of a matrix, 18 MB: real lengths up to 2100 that are prime, and up to 16384 that are powers of 2. Others take the
 *  reference: a matrix would outgrow most models. */
const maxElements = 4_500_000;
/** Multiply-adds in the time of moving an element. */
const macsPerMove = 100;

/** Elements of the largest matrix. */
const elementsOf = ({ length, parts, bins }: Transform, factor: Factor): number =>
  factor === 1 ? length * parts * 2 * bins : 2 * length * parts * 2 * Math.ceil(bins / factor);

/** The factor that makes the transform cheapest; undefined where its matrices are too large. `perRow`: elements that are moved to
 *  have a row that more than one matrix can read. */
export function factorOf(t: Transform, perRow = 0): Factor | undefined {
  let best: Factor | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let factor = 1; factor * factor <= t.length * 4; factor++) {
    if (t.length % factor !== 0 || (factor === t.length && factor > 1) || elementsOf(t, factor) > maxElements)
      continue;
    const moves = factor === 1 ? 0 : 2 * t.length * t.parts + 2 * t.bins + perRow;
    const first = factor === 1 ? 0 : 2 * factor * t.length * t.parts;
    const cost = elementsOf(t, factor) + first + macsPerMove * moves;
    if (cost < least) [best, least] = [factor, cost];
  }
  return best;
}

/** What matrices without a window are derived from. */
const nothing = f32([0], []);

/** Powers of the root of unity: of angle t, real parts, then imaginary ones. */
function rootsOf({ length, inverse }: Transform): readonly [Float64Array, Float64Array] {
  const turn = ((inverse ? 2 : -2) * Math.PI) / length;
  return [Math.cos, Math.sin].map((f) => Float64Array.from({ length }, (_, i) => f(i * turn))) as [
    Float64Array,
    Float64Array,
  ];
}

/** [length * parts, bins * 2]: what each part of a number adds to the parts of each frequency, times the window. */
export function fourierMatrix(t: Transform, window?: TensorValue): TensorValue {
  const { length, parts, bins, inverse } = t;
  return derivedConstant(window ?? nothing, `fourier ${JSON.stringify(t)}`, () => {
    const [cosines, sines] = rootsOf(t);
    const matrix = new Float32Array(length * parts * 2 * bins);
    const scale = inverse ? 1 / length : 1;
    for (let i = 0, to = 0; i < length; i++)
      for (let part = 0; part < parts; part++)
        for (let k = 0; k < bins; k++) {
          const angle = (i * k) % length;
          const factor = scale * (window === undefined ? 1 : Number(window.data[i]));
          matrix[to++] = factor * (part === 0 ? cosines[angle] : -sines[angle]);
          matrix[to++] = factor * (part === 0 ? sines[angle] : cosines[angle]);
        }
    return f32([length * parts, 2 * bins], matrix);
  });
}

/** x, [rows, length * parts], as [rows, bins, 2]. */
export function transformed(body: Body, x: string, rows: number, t: Transform, factor: Factor): string {
  if (factor > 1) return inTwoStages(body, x, rows, t, factor);
  const y = body.one('MatMul', [x, body.graph.constant('matrix', fourierMatrix(t))]);
  return body.reshape(y, [rows, t.bins, 2]);
}

/**
 * With n = a * b, t = t1 * b + t2 and k = k1 + a * k2, w(n) the root of unity of order n:
 * X[k] = sum over t2 of w(n)^(t2 * k) * sum over t1 of w(a)^(t1 * k1) * x[t].
 * The first stage multiplies by the cosines and sines of the inner sum alone, the second one puts them together.
 */
function inTwoStages(body: Body, x: string, rows: number, t: Transform, a: Factor): string {
  const { length, parts, bins } = t;
  const b = length / a;
  const blocks = Math.ceil(bins / a);
  const first = body.graph.constant('first', firstMatrix(t, a));
  const inner = body.one('MatMul', [first, body.reshape(x, [rows, a, b * parts])]);
  const byK1 = body.transpose(body.reshape(inner, [rows, a, 2 * b * parts]), [1, 0, 2]);
  const y = body.one('MatMul', [byK1, body.graph.constant('second', secondMatrix(t, a))]);
  const inOrder = body.transpose(body.reshape(y, [a, rows, blocks, 2]), [1, 2, 0, 3]);
  const all = body.reshape(inOrder, [rows, blocks * a, 2]);
  return blocks * a === bins ? all : body.slice(all, 0, bins, 1);
}

/** [k1, cosine or sine; t1]. */
const firstMatrix = (t: Transform, a: Factor): TensorValue =>
  derivedConstant(nothing, `fourier first ${a} ${t.inverse}`, () => {
    const roots = rootsOf({ ...t, length: a });
    const matrix = Float32Array.from({ length: 2 * a * a }, (_, i) => {
      const [k, t1] = [Math.floor(i / a), i % a];
      return roots[k % 2]![((k >> 1) * t1) % a]!;
    });
    return f32([2 * a, a], matrix);
  });

/** [k1; cosine or sine, t2, part; k2, part of the result]: w(n)^(t2 * k), times i for sines and once more for imaginary parts. */
const secondMatrix = (t: Transform, a: Factor): TensorValue =>
  derivedConstant(nothing, `fourier second ${a} ${JSON.stringify(t)}`, () => {
    const { length, parts, bins, inverse } = t;
    const b = length / a;
    const blocks = Math.ceil(bins / a);
    const [cosines, sines] = rootsOf(t);
    const scale = inverse ? 1 / length : 1;
    const matrix = new Float32Array(a * 2 * b * parts * blocks * 2);
    let to = 0;
    for (let k1 = 0; k1 < a; k1++)
      for (let sine = 0; sine < 2; sine++)
        for (let t2 = 0; t2 < b; t2++)
          for (let part = 0; part < parts; part++)
            for (let k2 = 0; k2 < blocks; k2++) {
              const angle = (t2 * (k1 + a * k2)) % length;
              const [c, s] = [scale * cosines[angle]!, scale * sines[angle]!];
              // (c + is), i(c + is) or -(c + is)
              const quarters = sine + part;
              matrix[to++] = quarters === 0 ? c : quarters === 1 ? -s : -c;
              matrix[to++] = quarters === 0 ? s : quarters === 1 ? c : -s;
            }
    return f32([a, 2 * b * parts, blocks * 2], matrix);
  });
