// The bodies of control flow (If, Loop, Scan) get the passes of the graph around them, and its constants: weights that
// a body takes from outside are then constants there too, which can be folded, fused and packed.
import { freezeGraph, type Graph, opKey } from '../graph/graph.js';
import { capturesOf, mapSubgraphs, subgraphsOf } from '../graph/uses.js';
import { ops } from '../ops/index.js';

/** `graph` with every body prepared by `prepare`, after the constants that it captures have moved in. */
export function prepareBodies(graph: Graph, prepare: (body: Graph) => Graph): Graph {
  if (!graph.nodes.some((node) => subgraphsOf(node).length > 0)) return graph;
  const body = (inner: Graph): Graph => prepare(withConstants(inner, graph.constants));
  const nodes = graph.nodes.map((node) =>
    ops.get(opKey(node))?.keepsBodies ? node : mapSubgraphs(node, body),
  );
  return freezeGraph({ ...graph, nodes });
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
