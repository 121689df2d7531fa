// The multiply-accumulates of a model while channels leave it: every node's go with the shares of the channels that it reads
// and makes.
import type { Graph, Node } from '../../graph/graph.js';
import { opOf } from '../../ops/index.js';
import { inferContext } from '../../run/inference.js';
import type { Coupling } from './coupling.js';
import type { GraphFacts } from './facts.js';
import type { Grouping } from './groups.js';

/** Cost of a node; none where shapes depend on data or the node is computed before the model runs. */
export function costOf(graph: Graph, node: Node, facts: GraphFacts): { macs: number; weightBytes: number } {
  const outputs = node.outputs.map((name) => facts.of(name)?.type ?? { dtype: 'float32' as const, dims: [] });
  const unknown = [...node.inputs, ...node.outputs].some((name) => name !== '' && !facts.of(name));
  if (unknown || facts.known.has(node)) return { macs: 0, weightBytes: 0 };
  return opOf(node).cost(inferContext(graph, node, facts.of), outputs);
}

interface NodeWork {
  readonly macs: number;
  readonly factors: { left: number; readonly all: number }[];
}

export class Work {
  readonly #nodes: NodeWork[] = [];
  /** For each channel the factors that it is part of, as often as it is. */
  readonly #uses: { left: number; readonly all: number }[][];

  constructor(graph: Graph, facts: GraphFacts, { factors }: Coupling, { channelOf, count }: Grouping) {
    this.#uses = Array.from({ length: count }, () => []);
    const byNode = new Map<Node, NodeWork>();
    for (const node of graph.nodes) {
      const { macs } = costOf(graph, node, facts);
      if (macs > 0) byNode.set(node, { macs, factors: [] });
    }
    for (const { node, slots } of factors) {
      const factor = { left: slots.length, all: slots.length };
      for (const slot of slots) if (channelOf[slot]! >= 0) this.#uses[channelOf[slot]!]!.push(factor);
      byNode.get(node)?.factors.push(factor);
    }
    this.#nodes.push(...byNode.values());
  }

  /** A channel leaves. */
  drop(channel: number): void {
    for (const factor of this.#uses[channel]!) factor.left--;
  }

  /** A channel is there again. */
  restore(channel: number): void {
    for (const factor of this.#uses[channel]!) factor.left++;
  }

  get macs(): number {
    return this.#nodes.reduce(
      (sum, { macs, factors }) =>
        sum + factors.reduce((left, factor) => (left * factor.left) / factor.all, macs),
      0,
    );
  }
}
