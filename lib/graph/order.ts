// Topological order of nodes, in linear time and without recursion (chains of 50,000 nodes are real).
import { KompaktError } from '../errors.js';
import type { Node } from './graph.js';
import { usesOf } from './uses.js';

/**
 * The nodes in an order where each comes after the producers of what it uses; nodes already in order stay as they
 * are. `producers`: the node behind each value, where that is known. Throws KPT_GRAPH_INVALID for a cycle or a value with
 * two producers.
 */
export function sortNodes(
  nodes: readonly Node[],
  producers: ReadonlyMap<string, Node> = producersOf(nodes),
): readonly Node[] {
  if (isSorted(nodes, producers)) return nodes;
  const sorted: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  for (const root of nodes) {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      const seen = state.get(node);
      if (seen !== undefined) {
        stack.pop();
        if (seen === 'open') sorted.push(node);
        state.set(node, 'done');
        continue;
      }
      state.set(node, 'open');
      const uses = usesOf(node);
      for (let i = uses.length - 1; i >= 0; i--) {
        const name = uses[i]!;
        const producer = producers.get(name);
        if (producer === undefined || state.get(producer) === 'done') continue;
        if (state.get(producer) === 'open')
          throw new KompaktError(
            'KPT_GRAPH_INVALID',
            `The graph has a cycle through value '${name}' of ${producer.op} node '${producer.name}'.`,
            { value: name, node: producer.name },
          );
        stack.push(producer);
      }
    }
  }
  return sorted;
}

function isSorted(nodes: readonly Node[], producers: ReadonlyMap<string, Node>): boolean {
  const before = new Set<Node>();
  const isBefore = (name: string): boolean => {
    const producer = producers.get(name);
    return producer === undefined || before.has(producer);
  };
  return nodes.every((node) => usesOf(node).every(isBefore) && before.add(node));
}

/** The node behind each value. */
export function producersOf(nodes: readonly Node[]): Map<string, Node> {
  const producers = new Map<string, Node>();
  for (const node of nodes)
    for (const name of node.outputs) {
      if (name === '') continue;
      const other = producers.get(name);
      if (other !== undefined)
        throw new KompaktError(
          'KPT_GRAPH_INVALID',
          `Value '${name}' is produced twice: by nodes '${other.name}' and '${node.name}'.`,
          { value: name },
        );
      producers.set(name, node);
    }
  return producers;
}
