// Re-estimation of BatchNormalization: after training, the running statistics are replaced by those of many batches under
// the final parameters (Wu and Johnson 2021, arXiv:2105.07576, section 3.1). They trail behind when weights still move, and
// badly so when weights are quantised.
import type { Graph, Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { GraphExecutor } from '../session/executor.js';
import { f32, type TensorValue, toNumbers } from '../tensor/tensor.js';

export interface ReestimateOptions {
  /** Batches to average over; all of them when there are fewer. */
  readonly batches: number;
  /** 0: the usable CPUs. */
  readonly threads: number;
}

type Inputs = AsyncIterable<ReadonlyMap<string, TensorValue>> | Iterable<ReadonlyMap<string, TensorValue>>;

/** The graph with statistics from `inputs`, sets of model inputs whose first dimension is the batch. */
export const reestimateBatchNorm = async (
  graph: Graph,
  inputs: Inputs,
  options: ReestimateOptions,
): Promise<Graph> => withStatistics(graph, await measureBatchNorm(graph, inputs, options));

/** Running statistics by the names of the nodes that normalise with them. */
export type Statistics = ReadonlyMap<
  string,
  { readonly mean: Float64Array; readonly variance: Float64Array }
>;

/** The statistics of `inputs`; none where there is no layer or no input. */
export async function measureBatchNorm(
  graph: Graph,
  inputs: Inputs,
  { batches, threads }: ReestimateOptions,
): Promise<Statistics> {
  const layers = graph.nodes
    .filter((node) => node.op === 'BatchNormalization')
    .map((node) => new Layer(node));
  if (layers.length === 0) return new Map();
  const executor = new GraphExecutor(measuring(graph, layers), threads);
  try {
    let seen = 0;
    for await (const feeds of inputs) {
      const values = await executor.run(new Map(graph.inputs.map(({ name }) => [name, feeds.get(name)!])));
      for (const layer of layers) layer.add(values);
      if (++seen === batches) break;
    }
    return new Map(seen === 0 ? [] : layers.map((layer) => [layer.node.name, layer.statistics()] as const));
  } finally {
    executor.release();
  }
}

/** One BatchNormalization and the sums over the batches it saw. */
class Layer {
  /** Values that the measuring graph gives for it. */
  readonly meanName: string;
  readonly varianceName: string;
  #mean: Float64Array | undefined;
  #meanSquare: Float64Array | undefined;
  #variance: Float64Array | undefined;
  #count = 0;

  constructor(readonly node: Node) {
    this.meanName = `${node.name}/batch-mean`;
    this.varianceName = `${node.name}/batch-variance`;
  }

  add(values: ReadonlyMap<string, TensorValue>): void {
    const mean = toNumbers(values.get(this.meanName)!);
    const variance = toNumbers(values.get(this.varianceName)!);
    this.#mean = sum(this.#mean, mean);
    this.#meanSquare = sum(
      this.#meanSquare,
      mean.map((v) => v * v),
    );
    this.#variance = sum(this.#variance, variance);
    this.#count++;
  }

  /** Of all samples together: the variance is that within batches and that between them. */
  statistics(): { readonly mean: Float64Array; readonly variance: Float64Array } {
    const count = this.#count;
    const mean = this.#mean!.map((v) => v / count);
    const variance = this.#variance!.map((v, c) => v / count + this.#meanSquare![c]! / count - mean[c]! ** 2);
    return { mean, variance };
  }
}

const sum = (a: Float64Array | undefined, b: Float64Array): Float64Array =>
  b.map((v, i) => v + (a?.[i] ?? 0));

/** The graph in which each layer normalises by its batch and tells mean and variance of it. */
function measuring(graph: Graph, layers: readonly Layer[]): Graph {
  const editor = new GraphEditor(graph);
  for (const { node, meanName, varianceName } of layers) {
    // A momentum of 0 makes the new running statistics those of the batch.
    const attributes = {
      ...node.attributes,
      training_mode: { type: 'int', value: 1 },
      momentum: { type: 'float', value: 0 },
    } as const;
    const outputs = [node.outputs[0]!, meanName, varianceName];
    editor.replace([node], [{ ...node, attributes, outputs }]);
  }
  const outputs = layers
    .flatMap(({ meanName, varianceName }) => [meanName, varianceName])
    .map((name) => ({ name, dtype: 'float32', dims: null }) as const);
  const edited = editor.finish();
  return { ...edited, outputs: [...edited.outputs, ...outputs] };
}

/** The graph with these statistics, under the names that they have: whoever made the graph of another looks for them there. Only
 *  where something else reads the same constants do they get names of their own. */
export function withStatistics(graph: Graph, statistics: Statistics): Graph {
  if (statistics.size === 0) return graph;
  const editor = new GraphEditor(graph);
  for (const node of graph.nodes) {
    const found = statistics.get(node.name);
    if (found === undefined) continue;
    const names = [found.mean, found.variance].map((values, i) => {
      const name = node.inputs[3 + i]!;
      const value = f32([values.length], Float32Array.from(values));
      const isOwn =
        editor.isOnlyUsedBy(name, node) &&
        editor.constant(name) !== undefined &&
        node.inputs.indexOf(name) === node.inputs.lastIndexOf(name);
      if (!isOwn) return editor.addConstant(name, value);
      editor.setConstant(name, value);
      return name;
    });
    editor.replace([node], [{ ...node, inputs: [...node.inputs.slice(0, 3), ...names] }]);
  }
  return editor.finish();
}
