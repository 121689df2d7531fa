// The bodies of control flow (If, Loop, Scan) get the passes of the graph around them, and its constants: weights that
// a body takes from outside are then constants there too, which can be folded, fused and packed.
import { freezeGraph, type Graph, type Node } from '../graph/graph.js';
import { capturesOf, subgraphsOf } from '../graph/uses.js';

/** `graph` with every body prepared by `prepare`, after the constants that it captures have moved in. */
export function prepareBodies(graph: Graph, prepare: (body: Graph) => Graph): Graph {
  if (!graph.nodes.some((node) => subgraphsOf(node).length > 0)) return graph;
  const body = (inner: Graph): Graph => prepare(withConstants(inner, graph.constants));
  return freezeGraph({ ...graph, nodes: graph.nodes.map((node) => mapBodies(node, body)) });
}

function mapBodies(node: Node, map: (body: Graph) => Graph): Node {
  if (subgraphsOf(node).length === 0) return node;
  const attributes = Object.entries(node.attributes).map(([name, attribute]) => [
    name,
    attribute.type === 'graph' ? { type: 'graph', value: map(attribute.value) } : attribute,
  ]);
  return { ...node, attributes: Object.fromEntries(attributes) };
}

function withConstants(body: Graph, outer: Graph['constants']): Graph {
  const captured = capturesOf(body).flatMap((name) => {
    const value = outer.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return captured.length === 0
    ? body
    : freezeGraph({ ...body, constants: new Map([...captured, ...body.constants]) });
}
