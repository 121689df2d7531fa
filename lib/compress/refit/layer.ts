// What a layer needs to be fitted: its weights as rows, one for each output channel, and the rows that they are multiplied by.
import type { Graph, Node } from '../../graph/graph.js';
import { usesOf } from '../../graph/uses.js';
import { opOf } from '../../ops/index.js';
import type { ProductRows } from '../../ops/shared/product-rows.js';
import type { Dims } from '../../tensor/shape.js';
import type { TensorValue } from '../../tensor/tensor.js';
import { longestPart } from '../quantize/gram.js';

/** A layer that makes factor * x W + biasFactor * bias. */
export interface FitLayer {
  readonly weight: string;
  /** '' without. */
  readonly bias: string;
  readonly factor: number;
  readonly biasFactor: number;
  readonly channels: number;
  /** Weights of a channel. */
  readonly depth: number;
  /** Where weight k of channel o lies. */
  readonly at: (o: number, k: number) => number;
  readonly rows: (x: Dims) => ProductRows | null;
}

/** Undefined where the weights cannot be fitted alone, or are too many of a channel. */
export function fitLayerOf(graph: Graph, node: Node): FitLayer | undefined {
  const rule = opOf(node).quantize;
  if (rule.kind !== 'weighted') return undefined;
  const weight = node.inputs[rule.weight]!;
  const { factor, biasFactor } = rule.linear(node);
  const bias = biasFactor === 0 ? '' : (node.inputs[rule.bias] ?? '');
  const value = graph.constants.get(weight);
  if (value?.dtype !== 'float32' || value.dims.length < 2 || graph.constants.has(node.inputs[0]!))
    return undefined;
  if (factor === 0) return undefined;
  const axis = rule.axis({ node, weightDims: value.dims });
  const channels = value.dims[axis]!;
  const depth = value.data.length / channels;
  const own = graph.constants.get(bias);
  const ownBias = bias === '' || (own?.data.length === channels && own.dims.at(-1) === channels);
  // What other nodes use too must stay as it is.
  const shared = [weight, bias].some(
    (name) => name !== '' && graph.nodes.filter((other) => usesOf(other).includes(name)).length > 1,
  );
  // Least squares need all covariances of a row with what the layer makes of it.
  if (depth + channels > longestPart || !ownBias || shared) return undefined;
  return {
    weight,
    bias,
    factor,
    biasFactor,
    channels,
    depth,
    at: (o, k) => (axis === 0 ? o * depth + k : k * channels + o),
    rows: (x) => rule.rows({ node, x, weightDims: value.dims }),
  };
}

/** Rows with what the whole layer made of the same position behind them: of each channel of the group that stays. */
export function besides(
  rows: ProductRows,
  { dims, data }: TensorValue,
  staying: readonly number[] | undefined,
): ProductRows {
  const axis = rows.channelAxis;
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const channels = staying ?? Array.from({ length: dims[axis]! }, (_, i) => i);
  const inGroup = channels.length / rows.groups;
  const made = data as Float32Array;
  return {
    ...rows,
    depth: rows.depth + inGroup,
    copy(values, group, row, to, at) {
      rows.copy(values, group, row, to, at);
      const position = row % inner;
      const first = ((row - position) / inner) * dims[axis]! * inner + position;
      for (let i = 0; i < inGroup; i++)
        to[at + rows.depth + i] = made[first + channels[group * inGroup + i]! * inner]!;
    },
  };
}
