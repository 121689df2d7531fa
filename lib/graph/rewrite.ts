// GraphEditor: what passes use to change a graph. It starts from a frozen Graph, keeps producer and consumer maps
// right through every change, and ends in a new frozen Graph.
import { KompaktError } from '../errors.js';
import type { TensorValue } from '../tensor/tensor.js';
import { type Attribute, type Domain, freezeGraph, type Graph, type Node, type ValueInfo } from './graph.js';
import { Names } from './names.js';
import { withDomains } from './opsets.js';
import { sortNodes } from './order.js';
import { collectNames, renameInNode, subgraphsOf, usesOf } from './uses.js';

/** Graphs made by finish(): nothing in them is unused or out of order. */
const tidy = new WeakSet<Graph>();

/** Who makes and who uses what in a graph. */
interface GraphIndex {
  readonly names: Names;
  /** Live nodes with their place: new nodes take the place of those they replace. */
  readonly places: Map<Node, number>;
  readonly producers: Map<string, Node>;
  readonly consumers: Map<string, Set<Node>>;
}

/** Indexes of graphs that an editor has finished. Making one is most of what a pass costs that changes little; the next editor
 *  takes it out, so that it never belongs to two. Names once taken stay so. */
const spare = new WeakMap<Graph, GraphIndex>();

/** Frees what is kept of a graph for its next editor: there will be none. */
export const forgetIndex = (graph: Graph): boolean => spare.delete(graph);

export class GraphEditor {
  readonly #graph: Graph;
  readonly #outputs: ReadonlySet<string>;
  readonly #index: GraphIndex;
  /** Of the graph until one is added or changed. */
  #constants: ReadonlyMap<string, TensorValue>;
  #changed: boolean;

  /** `outer`: names of surrounding graphs, which fresh names must avoid when `graph` is a subgraph. */
  constructor(graph: Graph, outer: Iterable<string> = []) {
    this.#graph = graph;
    this.#outputs = new Set(graph.outputs.map((output) => output.name));
    this.#constants = graph.constants;
    const known = spare.get(graph);
    spare.delete(graph);
    this.#index = known ?? emptyIndex(graph);
    if (known === undefined)
      graph.nodes.forEach((node, place) => {
        this.#add(node, place);
      });
    for (const name of outer) this.#index.names.take(name);
    this.#changed = !tidy.has(graph);
  }

  /** The nodes, live: a loop over it skips nodes removed meanwhile and comes to those added. */
  get nodes(): Iterable<Node> {
    return this.#index.places.keys();
  }

  has(node: Node): boolean {
    return this.#index.places.has(node);
  }

  producer(value: string): Node | undefined {
    return this.#index.producers.get(value);
  }

  /** Nodes that use a value as input or capture it in a subgraph, each once. */
  consumers(value: string): readonly Node[] {
    return [...(this.#index.consumers.get(value) ?? [])];
  }

  constant(name: string): TensorValue | undefined {
    return this.#constants.get(name);
  }

  input(name: string): ValueInfo | undefined {
    return this.#graph.inputs.find((input) => input.name === name);
  }

  isGraphOutput(name: string): boolean {
    return this.#outputs.has(name);
  }

  /** True when nothing but `node` needs the value: it may be fused into `node`. */
  isOnlyUsedBy(value: string, node: Node): boolean {
    const users = this.#index.consumers.get(value);
    return !this.#outputs.has(value) && users?.size === 1 && users.has(node);
  }

  /** A name that no value or node of the graph has. */
  fresh(hint: string): string {
    return this.#index.names.fresh(hint);
  }

  addConstant(hint: string, value: TensorValue): string {
    const name = this.fresh(hint);
    this.#ownConstants().set(name, value);
    return name;
  }

  /** Gives a constant another value. */
  setConstant(name: string, value: TensorValue): void {
    if (!this.#constants.has(name))
      throw new KompaktError('KPT_INTERNAL', `There is no constant '${name}' to change.`);
    this.#ownConstants().set(name, value);
    this.#changed = true;
  }

  #ownConstants(): Map<string, TensorValue> {
    if (this.#constants === this.#graph.constants) this.#constants = new Map(this.#graph.constants);
    return this.#constants as Map<string, TensorValue>;
  }

  /** A node with a fresh name, not yet in the graph: give it to replace() or an insert. */
  newNode(
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Domain = '',
  ): Node {
    return { name: this.fresh(`${outputs[0] ?? ''}/${op}`), op, domain, inputs, outputs, attributes };
  }

  /** Takes nodes out and puts others in their place. Values of the old ones must be made by the new ones or unused. */
  replace(oldNodes: readonly Node[], newNodes: readonly Node[]): void {
    const place =
      oldNodes.length === 0 ? this.#index.places.size : this.#placeOf(oldNodes[oldNodes.length - 1]!);
    for (const node of oldNodes) this.#remove(node);
    for (const node of newNodes) this.#add(node, place);
  }

  insertBefore(anchor: Node, ...nodes: Node[]): void {
    for (const node of nodes) this.#add(node, this.#placeOf(anchor) - 0.5);
  }

  insertAfter(anchor: Node, ...nodes: Node[]): void {
    for (const node of nodes) this.#add(node, this.#placeOf(anchor) + 0.5);
  }

  /**
   * Makes every node that uses `from` use `to`. Graph outputs keep their names: see isGraphOutput first. The nodes are
   * new objects afterwards, except those in `keep`, which go on using `from`.
   */
  renameUses(from: string, to: string, keep: readonly Node[] = []): void {
    for (const node of this.consumers(from))
      if (!keep.includes(node))
        this.replace([node], [renameInNode(node, (name) => (name === from ? to : name))]);
  }

  /** The new graph: without nodes and constants that no output needs, sorted, frozen. The old one when it is all that
   *  already. */
  finish(): Graph {
    if (!this.#changed) {
      spare.set(this.#graph, this.#index);
      return this.#graph;
    }
    const sorted = sortNodes(this.#inPlace(), this.#index.producers);
    const used = new Set(this.#outputs);
    const use = (name: string): Set<string> => used.add(name);
    const live: Node[] = [];
    // From the end: the users of what a node makes come before it.
    for (let i = sorted.length - 1; i >= 0; i--) {
      const node = sorted[i]!;
      if (!node.outputs.some((name) => name !== '' && used.has(name))) continue;
      live.push(node);
      usesOf(node).forEach(use);
    }
    live.reverse();
    this.#constants.forEach((_, name) => {
      if (!used.has(name)) this.#ownConstants().delete(name);
    });
    const graph = freezeGraph({
      ...this.#graph,
      nodes: live,
      constants: this.#constants,
      opsets: withDomains(this.#graph.opsets, live),
    });
    tidy.add(graph);
    this.#handOver(graph);
    return graph;
  }

  /** The nodes by their places. */
  #inPlace(): readonly Node[] {
    const { places } = this.#index;
    const nodes: Node[] = [];
    let [last, ordered] = [Number.NEGATIVE_INFINITY, true];
    places.forEach((place, node) => {
      ordered &&= place >= last;
      last = place;
      nodes.push(node);
    });
    return ordered ? nodes : nodes.sort((a, b) => places.get(a)! - places.get(b)!);
  }

  /** Leaves the index to the next editor, which goes through the nodes in the order of the new graph. */
  #handOver(graph: Graph): void {
    const { places } = this.#index;
    if (places.size > graph.nodes.length) {
      const live = new Set(graph.nodes);
      for (const node of [...places.keys()]) if (!live.has(node)) this.#remove(node);
    }
    places.clear();
    graph.nodes.forEach((node, place) => {
      places.set(node, place);
    });
    spare.set(graph, this.#index);
  }

  #placeOf(node: Node): number {
    const place = this.#index.places.get(node);
    if (place === undefined)
      throw new KompaktError(
        'KPT_INTERNAL',
        `${node.op} node '${node.name}' is not in the graph being edited.`,
      );
    return place;
  }

  #add(node: Node, place: number): void {
    this.#changed = true;
    for (const name of node.outputs) {
      if (name === '') continue;
      if (this.#index.producers.has(name))
        throw new KompaktError(
          'KPT_INTERNAL',
          `A pass gave value '${name}' a second producer, '${node.name}'.`,
        );
      this.#index.producers.set(name, node);
      this.#index.names.take(name);
    }
    this.#index.names.take(node.name);
    this.#index.places.set(node, place);
    for (const name of usesOf(node)) {
      this.#index.names.take(name); // the name may be one of a graph around this
      const users = this.#index.consumers.get(name);
      if (users === undefined) this.#index.consumers.set(name, new Set([node]));
      else users.add(node);
    }
  }

  #remove(node: Node): void {
    this.#placeOf(node);
    this.#changed = true;
    this.#index.places.delete(node);
    for (const name of node.outputs) this.#index.producers.delete(name);
    for (const name of usesOf(node)) this.#index.consumers.get(name)?.delete(node);
  }
}

/** Without the nodes, but with the names that nodes do not give it when they are added. */
function emptyIndex(graph: Graph): GraphIndex {
  const taken = new Set<string>(graph.constants.keys());
  for (const input of graph.inputs) taken.add(input.name);
  for (const node of graph.nodes) for (const inner of subgraphsOf(node)) collectNames(inner, taken);
  for (const output of graph.outputs) taken.add(output.name);
  return { names: new Names(taken), places: new Map(), producers: new Map(), consumers: new Map() };
}
