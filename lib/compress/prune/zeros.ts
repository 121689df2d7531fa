// How many zeros each layer gets, and the graph with them.
import { freezeGraph, type Graph } from '../../graph/graph.js';
import { maskOfLeast } from '../../ops/prune.js';
import { type TensorValue, tensor } from '../../tensor/tensor.js';
import { distributions } from './distributions/index.js';
import type { PrunableLayer } from './layers.js';

export function countOf(values: ArrayLike<number>, wanted: number): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === wanted) count++;
  return count;
}

export const countZeros = ({ data }: TensorValue): number => countOf(data as Float32Array, 0);

/** Zeros of each layer, so that they are `sparsity` of all weights. A layer keeps those that it has. */
export function zerosOf(
  layers: readonly PrunableLayer[],
  sparsity: number,
  distribution: string,
): readonly number[] {
  const weights = layers.map(({ value: { dims, data } }) => ({ dims, values: data as Float32Array }));
  const all = weights.reduce((sum, { values }) => sum + values.length, 0);
  const shares = distributions
    .find(({ name }) => name === distribution)!
    .zerosOf(weights, Math.round(sparsity * all));
  return shares.map((zeros, i) => Math.max(zeros, countZeros(layers[i]!.value)));
}

/** Share of the weights that a step leaves at least, where what is left is fitted after each. */
const leftByStep = 0.7;

/** Shares of zeros up to `sparsity`, each step with the same share of the weights that are left: fitted weights say better than those
 *  of the original which more of them matter least. */
export function sharesUpTo(sparsity: number, fitted: boolean): readonly number[] {
  const steps = fitted ? Math.max(1, Math.ceil(Math.log(1 - sparsity) / Math.log(leftByStep))) : 1;
  return Array.from({ length: steps }, (_, i) =>
    i === steps - 1 ? sparsity : 1 - (1 - sparsity) ** ((i + 1) / steps),
  );
}

/** 0 wherever the mask is. */
export function masked({ dtype, dims, data }: TensorValue, mask: ArrayLike<number>): TensorValue {
  return tensor(
    dtype,
    dims,
    (data as Float32Array).map((v, i) => (mask[i] === 0 ? 0 : v)),
  );
}

/** The least weights of each layer become 0. What has as many zeros already stays the same object. */
export const withZeros = (graph: Graph, layers: readonly PrunableLayer[], zeros: readonly number[]): Graph =>
  withMasks(graph, layers, ({ value }, i) => maskOfLeast(value.data as Float32Array, zeros[i]!));

/** Weights of lesser magnitude than `threshold` become 0. What has none stays the same object. */
export const withoutSmall = (graph: Graph, layers: readonly PrunableLayer[], threshold: number): Graph =>
  withMasks(graph, layers, ({ value }) =>
    (value.data as Float32Array).map((v) => (Math.abs(v) < threshold ? 0 : 1)),
  );

function withMasks(
  graph: Graph,
  layers: readonly PrunableLayer[],
  maskOf: (layer: PrunableLayer, i: number) => ArrayLike<number>,
): Graph {
  const constants = new Map(graph.constants);
  layers.forEach((layer, i) => {
    const sparse = masked(layer.value, maskOf(layer, i));
    if (countZeros(sparse) > countZeros(layer.value)) constants.set(layer.weight, sparse);
  });
  return freezeGraph({ ...graph, constants });
}
