// GraphWriter: a graph that grows at its end. Unlike GraphBuilder it starts from a graph, and unlike GraphEditor it keeps
// every node that is written, in order.
import type { TensorValue } from '../tensor/tensor.js';
import {
  type Attribute,
  canonicalOpset,
  type Domain,
  freezeGraph,
  type Graph,
  type Node,
  type ValueInfo,
} from './graph.js';
import { Names } from './names.js';
import { withDomains } from './opsets.js';
import { collectNames } from './uses.js';

const nothing: Graph = {
  name: 'body',
  inputs: [],
  outputs: [],
  nodes: [],
  constants: new Map(),
  opsets: { '': canonicalOpset },
};

export class GraphWriter {
  readonly #source: Graph;
  readonly #names: Names;
  readonly #nodes: Node[];
  readonly #inputs: ValueInfo[];
  readonly #constants: Map<string, TensorValue>;

  /** `outer`: names that fresh ones must avoid; what a body captures. */
  constructor(source: Graph = nothing, outer: Iterable<string> = []) {
    const taken = new Set(outer);
    collectNames(source, taken);
    this.#source = source;
    this.#names = new Names(taken);
    this.#nodes = [...source.nodes];
    this.#inputs = [...source.inputs];
    this.#constants = new Map(source.constants);
  }

  add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: { readonly domain?: Domain; readonly outputs?: number } = {},
  ): readonly string[] {
    const name = this.#names.fresh(`${op}_${this.#nodes.length}`);
    const outputs = Array.from({ length: options.outputs ?? 1 }, () => this.#names.fresh(`${name}_out`));
    this.#nodes.push({ name, op, domain: options.domain ?? '', inputs: [...inputs], outputs, attributes });
    return outputs;
  }

  constant(hint: string, value: TensorValue): string {
    const name = this.#names.fresh(hint);
    this.#constants.set(name, value);
    return name;
  }

  input(hint: string, type: Omit<ValueInfo, 'name'>): string {
    const name = this.#names.fresh(hint);
    this.#inputs.push({ ...type, name });
    return name;
  }

  /** The graph so far; its outputs are those of the graph it started from unless others are given. */
  graph(outputs: readonly ValueInfo[] = this.#source.outputs): Graph {
    return freezeGraph({
      ...this.#source,
      outputs: [...outputs],
      inputs: [...this.#inputs],
      nodes: [...this.#nodes],
      constants: new Map(this.#constants),
      opsets: withDomains(this.#source.opsets, this.#nodes),
    });
  }
}
