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

/** 0 wherever the mask is. */
export function masked({ dtype, dims, data }: TensorValue, mask: ArrayLike<number>): TensorValue {
  return tensor(
    dtype,
    dims,
    (data as Float32Array).map((v, i) => (mask[i] === 0 ? 0 : v)),
  );
}

/** The least weights of each layer become 0. */
export function withZeros(graph: Graph, layers: readonly PrunableLayer[], zeros: readonly number[]): Graph {
  const constants = new Map(graph.constants);
  layers.forEach(({ weight, value }, i) => {
    constants.set(weight, masked(value, maskOfLeast(value.data as Float32Array, zeros[i]!)));
  });
  return freezeGraph({ ...graph, constants });
}

/** Weights of lesser magnitude than `threshold` become 0. */
export function withoutSmall(graph: Graph, layers: readonly PrunableLayer[], threshold: number): Graph {
  const constants = new Map(graph.constants);
  for (const { weight, value } of layers)
    constants.set(
      weight,
      masked(
        value,
        (value.data as Float32Array).map((v) => (Math.abs(v) < threshold ? 0 : 1)),
      ),
    );
  return freezeGraph({ ...graph, constants });
}
