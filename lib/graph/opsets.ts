// Opset versions of the domains that a graph uses.
import { canonicalOpset, type Node } from './graph.js';
import { subgraphsOf } from './uses.js';

/** `known` plus an entry for every other domain of the nodes: the canonical opset for ai.onnx, 1 for all else. */
export function withDomains(
  known: Readonly<Record<string, number>>,
  nodes: readonly Node[],
): Readonly<Record<string, number>> {
  const opsets: Record<string, number> = { ...known };
  const visit = (node: Node): void => {
    opsets[node.domain] ??= node.domain === '' ? canonicalOpset : 1;
    for (const inner of subgraphsOf(node)) inner.nodes.forEach(visit);
  };
  nodes.forEach(visit);
  return Object.freeze(opsets);
}
