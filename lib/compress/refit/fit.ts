// Linear least squares for what one layer makes.
import type { Executor } from '../../calibrate/collect.js';
import { freezeGraph, type Graph } from '../../graph/graph.js';
import { f32, toNumbers } from '../../tensor/tensor.js';
import type { Gram, GramPart } from '../quantize/gram.js';
import type { FitLayer } from './layer.js';
import { leastSquares, type NormalEquations } from './least-squares.js';
import { sparseLeastSquares } from './sparse-least-squares.js';

/** Pull towards the weights as they are: a share of the variance of what each is multiplied by, and at least one of the mean of all.
 *  With less, what hardly ever differs from 0 gets huge weights, which the next samples are not right for. */
const [ridgeShare, leastShare] = [0.01, 0.01];
/** The pull is stronger by so many times the unknowns for each row that is known. */
const fewRows = 4;

export interface Fit {
  /** Of rows of what the layer reads, with what it shall make behind. */
  readonly moments: Gram;
  /** productGraph(). */
  readonly multiply: Executor;
}

/** The graph with other weights, and bias, of the layer. Weights that are 0 stay so. */
export async function withFit(graph: Graph, layer: FitLayer, { moments, multiply }: Fit): Promise<Graph> {
  const { weight, bias, factor, biasFactor, channels, depth, at } = layer;
  const old = graph.constants.get(weight)!;
  const values = toNumbers(old);
  const fitted = new Float64Array(values.length);
  const shifts = new Float64Array(channels);
  const inGroup = channels / moments.groups;
  for (const part of moments.parts()) {
    const first = part.group * inGroup;
    const cut = Array.from({ length: inGroup }, (_, i) =>
      Float64Array.from({ length: depth }, (_, k) => factor * values[at(first + i, k)]!),
    );
    const equations = equationsOf(part, part.matrix(bias !== ''), cut, moments.rows);
    // Beyond float32 nothing is known.
    if (equations === undefined) return graph;
    const solved = await rowsOf(equations, multiply);
    cut.forEach((row, i) => {
      const best = solved[i]!.every(Number.isFinite) ? solved[i]! : row;
      for (const [k, v] of best.entries()) fitted[at(first + i, k)] = v / factor;
      const mean = best.reduce((sum, v, k) => sum + v * part.means[k]!, 0);
      shifts[first + i] = (part.means[depth + i]! - mean) / biasFactor;
    });
  }
  const constants = new Map([...graph.constants, [weight, f32(old.dims, fitted)]]);
  if (bias !== '') constants.set(bias, f32(graph.constants.get(bias)!.dims, shifts));
  return freezeGraph({ ...graph, constants });
}

async function rowsOf(equations: NormalEquations, multiply: Executor): Promise<readonly Float64Array[]> {
  const { priors, ridge } = equations;
  // Where inputs never change, the bias alone makes up for what left.
  if (!ridge.some((v) => v > 0)) return priors;
  const dense = priors.every((row) => row.every((v) => v !== 0));
  return dense ? leastSquares(equations) : sparseLeastSquares(equations, multiply);
}

/** Undefined where sums are beyond float32. `all`: covariances of what the layer reads, and of what it shall make of it behind, by so
 *  many `rows`. */
function equationsOf(
  { size }: GramPart,
  all: Float64Array,
  priors: readonly Float64Array[],
  rows: number,
): NormalEquations | undefined {
  const depth = size - priors.length;
  const matrix = new Float64Array(depth * depth);
  let trace = 0;
  for (let i = 0; i < depth; i++) {
    matrix.set(all.subarray(i * size, i * size + depth), i * depth);
    trace += all[i * size + i]!;
  }
  if (!Number.isFinite(trace)) return undefined;
  const pull = 1 + (fewRows * depth) / rows;
  return {
    matrix,
    size: depth,
    sides: priors.map((_, i) => all.slice((depth + i) * size, (depth + i) * size + depth)),
    priors,
    ridge: Float64Array.from(
      { length: depth },
      (_, k) => pull * Math.max(ridgeShare * matrix[k * depth + k]!, (leastShare * trace) / depth),
    ),
  };
}
