// Fits what is left of each layer, in order, to what the layer computed before channels left or weights became 0: by linear least
// squares over what it reads now, on samples.
// Source: He et al. 2017, arXiv:1707.06168, section 3.1 (reconstruction by least squares, with the outputs of the whole model as
// targets in models of many layers); here in closed form from covariances, with the cut weights as prior.
import { checkFinite, type Executor, type Feeds } from '../../calibrate/collect.js';
import { KompaktError } from '../../errors.js';
import type { Graph, Node } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { usesOf } from '../../graph/uses.js';
import { opOf } from '../../ops/index.js';
import type { Staying } from '../channels/prune-channels.js';
import { Gram, gramGraph } from '../quantize/gram.js';
import type { MakeExecutor } from '../quantize/sensitivity.js';
import { withFit } from './fit.js';
import { besides, type FitLayer, fitLayerOf } from './layer.js';
import { productGraph } from './sparse-least-squares.js';

export interface RefitContext {
  readonly samples: readonly Feeds[];
  readonly executor: MakeExecutor;
  readonly signal?: AbortSignal;
}

/** What left the model. */
export interface Left {
  /** The original without it, its nodes of the same names. Weights that are 0 stay so. */
  readonly graph: Graph;
  /** Where channels left. */
  readonly staying?: Staying;
}

/** Convolutions and matrix products that read other values than before, or have other weights, are fitted. Throws
 *  KPT_CALIBRATION_VALUES where layers read or make NaN or infinity, KPT_ABORTED. */
export async function refit(
  original: Graph,
  { graph: smaller, staying }: Left,
  context: RefitContext,
): Promise<Graph> {
  const { executor } = context;
  const [gram, multiply] = [await executor(gramGraph()), await executor(productGraph())];
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
    const layer = old === undefined ? undefined : fitLayerOf(graph, node);
    // Where only channels left, the others make what they made before.
    if (layer === undefined || (!reads && !sameSize(original, smaller, layer.weight))) continue;
    const place = { original, graph, old: old!, node, layer, staying };
    const moments = await momentsOf(place, context, gram);
    if (moments !== undefined) graph = await withFit(graph, layer, { moments, multiply });
  }
  return graph;
}

const sameSize = (a: Graph, b: Graph, name: string): boolean =>
  a.constants.get(name)?.data.length === b.constants.get(name)?.data.length;

interface Place {
  readonly original: Graph;
  /** Fitted as far as `node`. */
  readonly graph: Graph;
  readonly old: Node;
  readonly node: Node;
  readonly layer: FitLayer;
  readonly staying: Staying | undefined;
}

type Run = Executor & { readonly release?: () => void };

/** Of what the layer reads now, with what it made before; undefined where nothing is known of it. */
async function momentsOf(
  { original, graph, old, node, layer, staying }: Place,
  { samples, executor, signal }: RefitContext,
  gram: Executor,
): Promise<Gram | undefined> {
  const [value, wanted] = [node.inputs[0]!, old.outputs[0]!];
  const source: Run = await executor(withOutput(graph, value));
  const target: Run = await executor(withOutput(beforeActivation(original, old), wanted));
  let moments: Gram | undefined;
  for (const [number, feeds] of samples.entries()) {
    if (signal?.aborted) throw new KompaktError('KPT_ABORTED', 'Pruning was aborted.');
    const x = (await source(feeds)).get(value) ?? feeds.get(value)!;
    checkFinite(x, value, number);
    const rows = layer.rows(x.dims);
    if (rows === null || layer.channels % rows.groups !== 0) break;
    const y = (await target(feeds)).get(wanted)!;
    checkFinite(y, wanted, number);
    const both = besides(rows, y, staying?.(old, rows.channelAxis));
    moments ??= new Gram(rows.groups, both.depth, samples.length, gram);
    await moments.see(x.data as Float32Array, both);
  }
  source.release?.();
  target.release?.();
  return moments !== undefined && moments.rows > 0 ? moments : undefined;
}

const withOutput = (graph: Graph, name: string): Graph =>
  new GraphEditor({ ...graph, outputs: [{ name, dtype: 'float32', dims: null }] }).finish();

/** The graph with what a layer computes before its activation as its output: least squares are for sums. */
function beforeActivation(graph: Graph, layer: Node): Graph {
  const rule = opOf(layer).quantize;
  if (rule.kind !== 'weighted') return graph;
  const { node } = rule.linear(layer);
  return { ...graph, nodes: graph.nodes.map((other) => (other === layer ? node : other)) };
}
