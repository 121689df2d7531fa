// How many bits each weight and each activation gets. What is few bits are the operands of convolutions and matrix products:
// what only sums and functions read stays at 8 bits, for the storage is the same. The first and the last layers see raw data
// and class scores; they suffer most from few bits (Esser et al. 2020, arXiv:1902.08153, section 3).
import type { Graph, Node } from '../../graph/graph.js';
import type { CompleteQuantizeOptions } from './options.js';
import type { Layer, Selection } from './selection.js';

export interface BitWidths {
  readonly ofWeights: (layer: Layer) => number;
  /** Of a value that gets a quantiser. */
  readonly ofActivation: (value: string) => number;
}

type Options = Pick<CompleteQuantizeOptions, 'weightBits' | 'activationBits' | 'firstLastBits'>;

export function bitWidths(graph: Graph, { layers, groups }: Selection, options: Options): BitWidths {
  const { weightBits, activationBits, firstLastBits } = options;
  const products = layers.filter((layer) => layer.kind === 'weighted');
  const outer = firstLastBits === null ? new Set<string>() : outerLayers(graph, products);
  const atLeast = (bits: number): number => Math.max(bits, firstLastBits ?? bits);
  const narrow = new Map<string, number>();
  for (const layer of products)
    for (const i of layer.activations) {
      const value = layer.node.inputs[i]!;
      if (!groups.has(value)) continue;
      const representative = groups.representative(value);
      const bits = outer.has(layer.node.name) ? atLeast(activationBits) : activationBits;
      narrow.set(representative, Math.max(bits, narrow.get(representative) ?? 0));
    }
  return {
    ofWeights: (layer) => (outer.has(layer.node.name) ? atLeast(weightBits) : weightBits),
    ofActivation: (value) => narrow.get(groups.representative(value)) ?? 8,
  };
}

/** Names of the products that no other product comes before, and of those that none comes behind. */
function outerLayers(graph: Graph, products: readonly Layer[]): Set<string> {
  const own = new Set(products.map(({ node }) => node.name));
  const outer = new Set<string>();
  /** Walks from `from` to `to` of every node and finds products that nothing leads to. */
  const walk = (nodes: readonly Node[], from: 'inputs' | 'outputs', to: 'inputs' | 'outputs'): void => {
    const reached = new Set<string>();
    for (const node of nodes) {
      const found = node[from].some((name) => reached.has(name));
      const product = own.has(node.name);
      if (product && !found) outer.add(node.name);
      if (product || found) for (const name of node[to]) reached.add(name);
    }
  };
  walk(graph.nodes, 'inputs', 'outputs');
  walk([...graph.nodes].reverse(), 'outputs', 'inputs');
  return outer;
}
