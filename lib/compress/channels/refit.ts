// Fits what is left of each layer, in order, to what the layer computed before channels left: by linear least squares over what it
// reads now, on samples.
// Source: He et al. 2017, arXiv:1707.06168, section 3.1 (reconstruction by least squares, with the outputs of the whole model as
// targets in models of many layers); here in closed form from covariances, with the cut weights as prior.

import { checkFinite, type Executor, type Feeds } from '../../calibrate/collect.js';
import { KompaktError } from '../../errors.js';
import { freezeGraph, type Graph, type Node } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { usesOf } from '../../graph/uses.js';
import { opOf } from '../../ops/index.js';
import type { ProductRows } from '../../ops/shared/product-rows.js';
import type { Dims } from '../../tensor/shape.js';
import { f32, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import { leastSquares } from '../least-squares.js';
import { Gram, gramGraph, longestPart } from '../quantize/gram.js';
import type { MakeExecutor } from '../quantize/sensitivity.js';
import type { Staying } from './prune-channels.js';

/** Pull towards the cut weights: a share of the variance of what each is multiplied by, and of the mean of all where that is
 *  nothing. */
const [ridgeShare, leastRidge] = [0.01, 1e-6];

export interface RefitContext {
  readonly samples: readonly Feeds[];
  readonly executor: MakeExecutor;
  readonly signal?: AbortSignal;
}

/** `smaller`: `original` without the channels that do not stay, its nodes of the same names. Dense convolutions and matrix products
 *  that read other values than before are fitted. Throws KPT_CALIBRATION_VALUES where layers read or make NaN or infinity, KPT_ABORTED. */
export async function refit(
  original: Graph,
  smaller: Graph,
  staying: Staying,
  { samples, executor, signal }: RefitContext,
): Promise<Graph> {
  const multiply = await executor(gramGraph());
  const before = new Map(original.nodes.map((node) => [node.name, node]));
  const changed = new Set<string>();
  let graph = smaller;
  for (const node of smaller.nodes) {
    const old = before.get(node.name);
    const reads = usesOf(node).some((name) => changed.has(name));
    // What was not cut is the same object.
    const cut = node.inputs.some((name) => smaller.constants.get(name) !== original.constants.get(name));
    if (!reads && !cut) continue;
    for (const name of node.outputs) changed.add(name);
    if (signal?.aborted) throw new KompaktError('KPT_ABORTED', 'Pruning was aborted.');
    const layer = reads && old !== undefined ? layerOf(graph, node) : undefined;
    if (layer === undefined) continue;
    const [value, wanted] = [node.inputs[0]!, old!.outputs[0]!];
    const source: Run = await executor(withOutput(graph, value));
    let target: Run | undefined;
    const moments = new Gram(1, layer.depth + layer.channels, samples.length, multiply);
    for (const [number, feeds] of samples.entries()) {
      const x = (await source(feeds)).get(value) ?? feeds.get(value)!;
      checkFinite(x, value, number);
      const rows = layer.rows(x.dims);
      if (rows === null || rows.groups !== 1) break;
      target ??= await executor(withOutput(beforeActivation(original, old!), wanted));
      const y = (await target(feeds)).get(wanted)!;
      checkFinite(y, wanted, number);
      await moments.see(x.data as Float32Array, besides(rows, y, staying(old!, rows.channelAxis)));
    }
    source.release?.();
    target?.release?.();
    if (moments.rows > 0) graph = withFit(graph, layer, moments);
  }
  return graph;
}

type Run = Executor & { readonly release?: () => void };

const withOutput = (graph: Graph, name: string): Graph =>
  new GraphEditor({ ...graph, outputs: [{ name, dtype: 'float32', dims: null }] }).finish();

/** The graph with what a layer computes before its activation as its output: least squares are for sums. */
function beforeActivation(graph: Graph, layer: Node): Graph {
  const rule = opOf(layer).quantize;
  if (rule.kind !== 'weighted') return graph;
  const { node } = rule.linear(layer);
  return { ...graph, nodes: graph.nodes.map((other) => (other === layer ? node : other)) };
}

/** A layer that can be fitted: it makes factor * x W + biasFactor * bias. */
interface FitLayer {
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

function layerOf(graph: Graph, node: Node): FitLayer | undefined {
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
  // Least squares need all covariances of a row.
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

/** `moments`: of rows of what the layer reads, with what it shall make behind. */
function withFit(graph: Graph, layer: FitLayer, moments: Gram): Graph {
  const { weight, bias, factor, biasFactor, channels, depth, at } = layer;
  const [part] = [...moments.parts()];
  const { size, means } = part!;
  const all = part!.matrix(bias !== '');
  const matrix = new Float64Array(depth * depth);
  let trace = 0;
  for (let i = 0; i < depth; i++) {
    matrix.set(all.subarray(i * size, i * size + depth), i * depth);
    trace += all[i * size + i]!;
  }
  // Beyond float32 nothing is known.
  if (!Number.isFinite(trace)) return graph;
  const old = graph.constants.get(weight)!;
  const values = toNumbers(old);
  const outputs = Array.from({ length: channels }, (_, o) => o);
  const cut = outputs.map((o) => Float64Array.from({ length: depth }, (_, k) => factor * values[at(o, k)]!));
  // Where inputs never change, the bias alone makes up for what left.
  const solved =
    trace === 0
      ? cut
      : leastSquares(
          matrix,
          depth,
          outputs.map((o) => all.slice((depth + o) * size, (depth + o) * size + depth)),
          cut,
          Float64Array.from({ length: depth }, (_, k) =>
            Math.max(ridgeShare * matrix[k * depth + k]!, (leastRidge * trace) / depth),
          ),
        );
  const rows = solved.map((row, o) => (row.every(Number.isFinite) ? row : cut[o]!));
  const fitted = new Float64Array(values.length);
  for (const [o, row] of rows.entries()) for (const [k, v] of row.entries()) fitted[at(o, k)] = v / factor;
  const constants = new Map([...graph.constants, [weight, f32(old.dims, fitted)]]);
  if (bias !== '') {
    const shifts = rows.map(
      (row, o) => (means[depth + o]! - row.reduce((sum, v, k) => sum + v * means[k]!, 0)) / biasFactor,
    );
    constants.set(bias, f32(graph.constants.get(bias)!.dims, shifts));
  }
  return freezeGraph({ ...graph, constants });
}

/** Rows with what the whole layer made of the same position behind them: of each channel that stays. */
function besides(
  rows: ProductRows,
  { dims, data }: TensorValue,
  staying: readonly number[] | undefined,
): ProductRows {
  const axis = rows.channelAxis;
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const channels = staying ?? Array.from({ length: dims[axis]! }, (_, i) => i);
  const made = data as Float32Array;
  return {
    ...rows,
    depth: rows.depth + channels.length,
    copy(values, group, row, to, at) {
      rows.copy(values, group, row, to, at);
      const position = row % inner;
      const first = ((row - position) / inner) * dims[axis]! * inner + position;
      channels.forEach((channel, i) => {
        to[at + rows.depth + i] = made[first + channel * inner]!;
      });
    },
  };
}
