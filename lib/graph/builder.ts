// GraphBuilder: the one way to make a Graph in code.
import type { DType } from '../tensor/dtype.js';
import type { TensorValue } from '../tensor/tensor.js';
import {
  type Attribute,
  canonicalOpset,
  type Dim,
  type Domain,
  freezeGraph,
  type Graph,
  type Node,
} from './graph.js';
import { Names } from './names.js';
import { withDomains } from './opsets.js';
import { sortNodes } from './order.js';
import { verify } from './verify.js';

export interface NodeOptions {
  readonly domain?: Domain;
  readonly name?: string;
  /** Names of the outputs, or how many to name freshly. Default 1. */
  readonly outputs?: number | readonly string[];
}

export class GraphBuilder {
  readonly #name: string;
  readonly #opsets: Readonly<Record<string, number>>;
  readonly #outer: ReadonlySet<string>;
  readonly #names: Names;
  readonly #nodeNames = new Names();
  readonly #inputs: Graph['inputs'][number][] = [];
  readonly #outputs: Graph['outputs'][number][] = [];
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, TensorValue>();

  /** `outer`: values of surrounding graphs that this one may capture, when it is a subgraph. */
  constructor(
    name = 'graph',
    opsets: Readonly<Record<string, number>> = { '': canonicalOpset },
    outer: Iterable<string> = [],
  ) {
    this.#name = name;
    this.#opsets = opsets;
    this.#outer = new Set(outer);
    this.#names = new Names(this.#outer);
  }

  input(name: string, dtype: DType, dims: readonly Dim[] | null): string {
    this.#names.take(name);
    this.#inputs.push({ name, dtype, dims });
    return name;
  }

  /** Adds a constant under `hint`, or a fresh name made from it when that is taken; returns the name. */
  constant(hint: string, value: TensorValue): string {
    const name = this.#names.fresh(hint);
    this.#constants.set(name, value);
    return name;
  }

  /** Adds a node and returns the names of its outputs. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: NodeOptions = {},
  ): string[] {
    const wanted = options.outputs ?? 1;
    const outputs =
      typeof wanted === 'number'
        ? Array.from({ length: wanted }, () => this.#names.fresh(`${op.toLowerCase()}_out`))
        : [...wanted];
    for (const output of outputs) this.#names.take(output);
    const name = this.#nodeNames.fresh(options.name ?? `${op}_${this.#nodes.length}`);
    this.#nodes.push({ name, op, domain: options.domain ?? '', inputs: [...inputs], outputs, attributes });
    return outputs;
  }

  output(name: string, dtype: DType, dims: readonly Dim[] | null = null): void {
    this.#outputs.push({ name, dtype, dims });
  }

  /** The graph, in topological order. Throws KPT_GRAPH_INVALID when it is not legal. */
  build(): Graph {
    const graph = freezeGraph({
      name: this.#name,
      inputs: this.#inputs,
      outputs: this.#outputs,
      nodes: sortNodes(this.#nodes),
      constants: this.#constants,
      opsets: withDomains(this.#opsets, this.#nodes),
    });
    return verify(graph, this.#outer);
  }
}
