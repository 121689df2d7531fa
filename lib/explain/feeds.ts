// Feeds of one model for another, and executors that are freed.
import type { Graph } from '../graph/graph.js';
import { GraphExecutor } from '../session/executor.js';
import type { TensorValue } from '../tensor/tensor.js';

export type Feeds = ReadonlyMap<string, TensorValue>;

/** By name, or by position where names differ. */
export function feedsFor(graph: Graph, feeds: Feeds): Feeds {
  const values = [...feeds.values()];
  return new Map(
    graph.inputs.flatMap(({ name }, i) => {
      const value = feeds.get(name) ?? values[i];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** Runs the executor of a graph and frees it. On one thread: there is an executor for each layer that is tried, and to start and
 *  stop threads for each takes longer than they save. */
export async function withExecutor<T>(
  graph: Graph,
  use: (run: (feeds: Feeds) => Promise<Feeds>) => Promise<T>,
): Promise<T> {
  const executor = new GraphExecutor(graph, 1);
  try {
    return await use((feeds) => executor.run(feeds));
  } finally {
    executor.release();
  }
}
