// A model as a Probe: executors over its graph with the wanted values as outputs.
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { requireModel } from '../model/require-model.js';
import type { Values } from '../run/runner.js';
import { GraphExecutor } from '../session/executor.js';
import { requireSamples, type SamplesOf } from '../session/samples.js';
import { type Tensors, valuesOf } from '../session/values.js';
import { type CompareOptions, type Comparison, compareProbes, type Probe } from './compare.js';

export interface CompareModelsOptions extends CompareOptions {
  readonly data: SamplesOf<{ readonly feeds: Tensors }>;
}

/** Compares two models on the same samples; `reference` is the one that counts as right. */
export async function compare(
  reference: Model,
  candidate: Model,
  options: CompareModelsOptions,
): Promise<Comparison> {
  requireModel(reference, 'the reference of compare');
  requireModel(candidate, 'the candidate of compare');
  const data = requireSamples(options?.data, 'data', 'compare');
  const probes = [new GraphProbe(reference.graph), new GraphProbe(candidate.graph)] as const;
  try {
    return await compareProbes(...probes, valuesOf(data), options);
  } finally {
    for (const probe of probes) probe.release();
  }
}

/**
 * Graph outputs come from the graph as it is, so that they are what users get; other values from a second executor
 * that has them as outputs, where fusions across them cannot happen.
 */
class GraphProbe implements Probe {
  #plain: GraphExecutor | undefined;
  readonly #probing = new Map<string, GraphExecutor>();

  constructor(readonly graph: Graph) {}

  async evaluate(feeds: Values, names: readonly string[]): Promise<Values> {
    const outputs = new Set(this.graph.outputs.map((output) => output.name));
    const inner = names.filter((name) => !outputs.has(name));
    this.#plain ??= new GraphExecutor(this.graph);
    const results = await this.#plain.run(feeds);
    if (inner.length === 0) return results;
    return new Map([...(await this.#probingExecutor(inner).run(feeds)), ...results]);
  }

  #probingExecutor(names: readonly string[]): GraphExecutor {
    const key = names.join('\n');
    let executor = this.#probing.get(key);
    if (executor === undefined) {
      executor = new GraphExecutor(withOutputs(this.graph, names));
      this.#probing.set(key, executor);
    }
    return executor;
  }

  release(): void {
    for (const executor of [this.#plain, ...this.#probing.values()]) executor?.release();
  }
}

/** The graph with other outputs. Their types are found when the plan is made. */
function withOutputs(graph: Graph, names: readonly string[]): Graph {
  return { ...graph, outputs: names.map((name) => ({ name, dtype: 'float32', dims: null })) };
}
