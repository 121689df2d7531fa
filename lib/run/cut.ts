// Where a plan ends because a shape depends on data: the node that runs then, and what goes on after it.
import type { Graph, Node } from '../graph/graph.js';
import { usesOf } from '../graph/uses.js';

export interface Cut {
  /** Runs by its reference. */
  readonly node: Node;
  /** Of its domain. */
  readonly opset: number;
  /** All nodes after it as a graph of their own; undefined when there are none. */
  readonly rest: Graph | undefined;
}

/** `pending`: the nodes that could not be planned, in order. */
export function cutBefore(graph: Graph, pending: readonly Node[]): Cut | undefined {
  const [node, ...nodes] = pending;
  if (node === undefined) return undefined;
  const opset = graph.opsets[node.domain] ?? 1;
  return { node, opset, rest: nodes.length === 0 ? undefined : restOf(graph, nodes) };
}

function restOf(graph: Graph, nodes: readonly Node[]): Graph {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const inputs = new Set<string>();
  const use = (name: string): void => {
    if (name !== '' && !made.has(name) && !graph.constants.has(name)) inputs.add(name);
  };
  for (const node of nodes) usesOf(node).forEach(use);
  for (const output of graph.outputs) use(output.name);
  return { ...graph, nodes, inputs: [...inputs].map((name) => ({ name, dtype: 'float32', dims: null })) };
}
