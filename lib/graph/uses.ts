// Which values nodes and graphs use, counting what subgraphs (If, Loop, Scan) capture from the graphs around them.
import type { Attribute, Graph, Node } from './graph.js';

const captures = new WeakMap<Graph, readonly string[]>();

const none: readonly Graph[] = Object.freeze([]);

export function subgraphsOf(node: Node): readonly Graph[] {
  let graphs: Graph[] | undefined;
  // Asked of every node again and again, nearly always in vain: so without a list that is thrown away.
  for (const name in node.attributes) {
    const attribute = node.attributes[name]!;
    if (attribute.type !== 'graph') continue;
    graphs ??= [];
    graphs.push(attribute.value);
  }
  return graphs ?? none;
}

/** The node with other subgraphs; the same one when it has none. */
export function mapSubgraphs(node: Node, map: (graph: Graph) => Graph): Node {
  if (subgraphsOf(node).length === 0) return node;
  const attributes = Object.entries(node.attributes).map(([name, attribute]): [string, Attribute] => [
    name,
    attribute.type === 'graph' ? { type: 'graph', value: map(attribute.value) } : attribute,
  ]);
  return { ...node, attributes: Object.fromEntries(attributes) };
}

/** Values that a graph uses but does not define. Graphs are immutable, so the answer is kept. */
export function capturesOf(graph: Graph): readonly string[] {
  const known = captures.get(graph);
  if (known !== undefined) return known;
  const defined = new Set<string>(['', ...graph.constants.keys(), ...graph.inputs.map((i) => i.name)]);
  for (const node of graph.nodes) for (const name of node.outputs) defined.add(name);
  const outer = new Set<string>();
  const use = (name: string) => {
    if (!defined.has(name)) outer.add(name);
  };
  for (const node of graph.nodes) usesOf(node).forEach(use);
  for (const output of graph.outputs) use(output.name);
  const names = [...outer];
  captures.set(graph, names);
  return names;
}

/** For a graph that cannot be asked for its nodes. */
export function declareCaptures(graph: Graph, names: readonly string[]): void {
  captures.set(graph, names);
}

/** Every value that a node needs: its inputs that are present, and what its subgraphs capture. May repeat names. */
export function usesOf(node: Node): readonly string[] {
  const graphs = subgraphsOf(node);
  if (graphs.length === 0 && !node.inputs.includes('')) return node.inputs;
  const names = node.inputs.filter((name) => name !== '');
  for (const graph of graphs) for (const name of capturesOf(graph)) names.push(name);
  return names;
}

/** The node with uses renamed, in its inputs and in what its subgraphs capture. */
export const renameInNode = (node: Node, rename: (name: string) => string): Node => ({
  ...mapSubgraphs(node, (graph) => renameCaptures(graph, rename)),
  inputs: node.inputs.map(rename),
});

function renameCaptures(graph: Graph, rename: (name: string) => string): Graph {
  const outer = new Set(capturesOf(graph));
  const renameOuter = (name: string) => (outer.has(name) ? rename(name) : name);
  if (![...outer].some((name) => rename(name) !== name)) return graph;
  return Object.freeze({
    ...graph,
    nodes: Object.freeze(graph.nodes.map((node) => Object.freeze(renameInNode(node, renameOuter)))),
    outputs: graph.outputs.map((output) => ({ ...output, name: renameOuter(output.name) })),
  });
}

/** Adds every value and node name of a graph and its subgraphs to `names`, and what the graph itself captures. */
export function collectNames(graph: Graph, names: Set<string>): void {
  for (const name of capturesOf(graph)) names.add(name);
  for (const input of graph.inputs) names.add(input.name);
  for (const name of graph.constants.keys()) names.add(name);
  for (const node of graph.nodes) {
    names.add(node.name);
    for (const name of node.outputs) names.add(name);
    for (const inner of subgraphsOf(node)) collectNames(inner, names);
  }
}
