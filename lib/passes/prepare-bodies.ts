// Applies passes to the bodies of control-flow nodes, which see the constants of the graphs around them.
import type { Attribute, Graph, Node } from '../graph/graph.js';
import { capturesOf, subgraphsOf } from '../graph/uses.js';
import type { TensorValue } from '../tensor/tensor.js';

/** `graph` with `prepare` applied to every body that its nodes hold; `prepare` sees to bodies of bodies itself. */
export function prepareBodies(graph: Graph, prepare: (body: Graph) => Graph): Graph {
  if (graph.nodes.every((node) => subgraphsOf(node).length === 0)) return graph;
  return Object.freeze({
    ...graph,
    nodes: Object.freeze(graph.nodes.map((node) => prepareNode(graph, node, prepare))),
  });
}

function prepareNode(graph: Graph, node: Node, prepare: (body: Graph) => Graph): Node {
  if (subgraphsOf(node).length === 0) return node;
  const prepared = ([name, attribute]: [string, Attribute]): [string, Attribute] => [
    name,
    attribute.type === 'graph'
      ? { type: 'graph', value: prepare(withCapturedConstants(graph, attribute.value)) }
      : attribute,
  ];
  return Object.freeze({
    ...node,
    attributes: Object.freeze(Object.fromEntries(Object.entries(node.attributes).map(prepared))),
  });
}

/** A body with the constants that it captures as its own: weights are then known when it is rewritten and planned. */
function withCapturedConstants(graph: Graph, body: Graph): Graph {
  const captured = capturesOf(body)
    .map((name) => [name, graph.constants.get(name)] as const)
    .filter((entry): entry is readonly [string, TensorValue] => entry[1] !== undefined);
  return captured.length === 0 ? body : { ...body, constants: new Map([...body.constants, ...captured]) };
}
