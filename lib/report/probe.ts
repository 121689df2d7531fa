// A model as a Probe: sessions over its graph with the wanted values as outputs.
import { Tensor } from 'onnxruntime-common';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../onnx/model.js';
import { InferenceSession } from '../session/session.js';
import type { TensorValue } from '../tensor/tensor.js';
import { type CompareOptions, type Comparison, compareProbes, type Probe } from './compare.js';

export interface CompareModelsOptions extends CompareOptions {
  readonly data: AsyncIterable<Readonly<Record<string, Tensor>>>;
}

/** Compares two models on the same samples; `reference` is the one that counts as right. */
export async function compare(
  reference: Model,
  candidate: Model,
  options: CompareModelsOptions,
): Promise<Comparison> {
  const probes = [new SessionProbe(reference), new SessionProbe(candidate)] as const;
  try {
    return await compareProbes(...probes, toValues(options.data), options);
  } finally {
    await Promise.all(probes.map((probe) => probe.release()));
  }
}

/**
 * Graph outputs come from a session over the graph as it is, so that they are what users get; other values from a
 * second session that has them as outputs, where fusions across them cannot happen.
 */
class SessionProbe implements Probe {
  #plain: InferenceSession | undefined;
  readonly #probing = new Map<string, InferenceSession>();

  constructor(private readonly model: Model) {}

  get graph(): Graph {
    return this.model.graph;
  }

  async evaluate(
    feeds: ReadonlyMap<string, TensorValue>,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, TensorValue>> {
    const outputs = new Set(this.graph.outputs.map((output) => output.name));
    const inner = names.filter((name) => !outputs.has(name));
    const tensors = toTensors(feeds);
    this.#plain ??= InferenceSession.fromModel(this.model);
    const results = toEntries(await this.#plain.run(tensors)).filter(([name]) => names.includes(name));
    if (inner.length === 0) return new Map(results);
    const probing = this.#probingSession(inner);
    return new Map([...results, ...toEntries(await probing.run(tensors, inner))]);
  }

  #probingSession(names: readonly string[]): InferenceSession {
    const key = names.join('\n');
    let session = this.#probing.get(key);
    if (session === undefined) {
      session = InferenceSession.fromModel(this.model.withGraph(withOutputs(this.graph, names)));
      this.#probing.set(key, session);
    }
    return session;
  }

  async release(): Promise<void> {
    for (const session of [this.#plain, ...this.#probing.values()]) await session?.release();
  }
}

/** The graph with more of its values as outputs. Their types are found when the plan is made. */
function withOutputs(graph: Graph, names: readonly string[]): Graph {
  const added = names.map((name) => ({ name, dtype: 'float32' as const, dims: null }));
  return { ...graph, outputs: [...graph.outputs, ...added] };
}

type Tensors = Readonly<Record<string, Tensor>>;

const toTensors = (values: ReadonlyMap<string, TensorValue>): Tensors =>
  Object.fromEntries(
    [...values].map(([name, { dtype, dims, data }]) => [
      name,
      new Tensor(dtype as 'float32', data as Float32Array, dims),
    ]),
  );

const toEntries = (tensors: Tensors): [string, TensorValue][] =>
  Object.entries(tensors).map(([name, { type, dims, data }]) => [
    name,
    { dtype: type, dims, data: data as TensorValue['data'] },
  ]);

async function* toValues(data: AsyncIterable<Tensors>): AsyncIterable<ReadonlyMap<string, TensorValue>> {
  for await (const feeds of data) yield new Map(toEntries(feeds));
}
