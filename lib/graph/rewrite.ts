// GraphEditor: what passes use to change a graph. It starts from a frozen Graph, keeps producer and consumer maps
// right through every change, and ends in a new frozen Graph.
import { KompaktError } from '../errors.js';
import type { TensorValue } from '../tensor/tensor.js';
import { type Attribute, type Domain, freezeGraph, type Graph, type Node, type ValueInfo } from './graph.js';
import { Names } from './names.js';
import { withDomains } from './opsets.js';
import { sortNodes } from './order.js';
import { collectNames, renameInNode, usesOf } from './uses.js';

/** Graphs made by finish(): nothing in them is unused or out of order. */
const tidy = new WeakSet<Graph>();

export class GraphEditor {
  readonly #graph: Graph;
  readonly #outputs: ReadonlySet<string>;
  readonly #names: Names;
  readonly #constants: Map<string, TensorValue>;
  /** Live nodes with their place: new nodes take the place of those they replace. */
  readonly #places = new Map<Node, number>();
  readonly #producers = new Map<string, Node>();
  readonly #consumers = new Map<string, Set<Node>>();
  #changed = false;

  /** `outer`: names of surrounding graphs, which fresh names must avoid when `graph` is a subgraph. */
  constructor(graph: Graph, outer: Iterable<string> = []) {
    const taken = new Set(outer);
    collectNames(graph, taken);
    this.#graph = graph;
    this.#outputs = new Set(graph.outputs.map((output) => output.name));
    this.#names = new Names(taken);
    this.#constants = new Map(graph.constants);
    graph.nodes.forEach((node, place) => {
      this.#add(node, place);
    });
    this.#changed = !tidy.has(graph);
  }

  /** The nodes, live: a loop over it skips nodes removed meanwhile and comes to those added. */
  get nodes(): Iterable<Node> {
    return this.#places.keys();
  }

  has(node: Node): boolean {
    return this.#places.has(node);
  }

  producer(value: string): Node | undefined {
    return this.#producers.get(value);
  }

  /** Nodes that use a value as input or capture it in a subgraph, each once. */
  consumers(value: string): readonly Node[] {
    return [...(this.#consumers.get(value) ?? [])];
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
    const users = this.#consumers.get(value);
    return !this.#outputs.has(value) && users?.size === 1 && users.has(node);
  }

  /** A name that no value or node of the graph has. */
  fresh(hint: string): string {
    return this.#names.fresh(hint);
  }

  addConstant(hint: string, value: TensorValue): string {
    const name = this.fresh(hint);
    this.#constants.set(name, value);
    return name;
  }

  /** Gives a constant another value. */
  setConstant(name: string, value: TensorValue): void {
    if (!this.#constants.has(name))
      throw new KompaktError('KPT_INTERNAL', `There is no constant '${name}' to change.`);
    this.#constants.set(name, value);
    this.#changed = true;
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
    const place = oldNodes.length === 0 ? this.#places.size : this.#placeOf(oldNodes[oldNodes.length - 1]!);
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
    if (!this.#changed) return this.#graph;
    const live = this.#liveNodes();
    const used = new Set(this.#outputs);
    for (const node of live) for (const name of usesOf(node)) used.add(name);
    const ordered = [...live].sort((a, b) => this.#placeOf(a) - this.#placeOf(b));
    const graph = freezeGraph({
      ...this.#graph,
      nodes: sortNodes(ordered),
      constants: new Map([...this.#constants].filter(([name]) => used.has(name))),
      opsets: withDomains(this.#graph.opsets, ordered),
    });
    tidy.add(graph);
    return graph;
  }

  #liveNodes(): Set<Node> {
    const live = new Set<Node>();
    const wanted = [...this.#outputs];
    for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
      const node = this.#producers.get(name);
      if (node === undefined || live.has(node)) continue;
      live.add(node);
      wanted.push(...usesOf(node));
    }
    return live;
  }

  #placeOf(node: Node): number {
    const place = this.#places.get(node);
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
      if (this.#producers.has(name))
        throw new KompaktError(
          'KPT_INTERNAL',
          `A pass gave value '${name}' a second producer, '${node.name}'.`,
        );
      this.#producers.set(name, node);
      this.#names.take(name);
    }
    this.#names.take(node.name);
    this.#places.set(node, place);
    for (const name of usesOf(node)) {
      this.#names.take(name); // the name may be one of a graph around this
      const users = this.#consumers.get(name);
      if (users === undefined) this.#consumers.set(name, new Set([node]));
      else users.add(node);
    }
  }

  #remove(node: Node): void {
    this.#placeOf(node);
    this.#changed = true;
    this.#places.delete(node);
    for (const name of node.outputs) this.#producers.delete(name);
    for (const name of usesOf(node)) this.#consumers.get(name)?.delete(node);
  }
}
