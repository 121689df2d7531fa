// One model with a layer of another: what tells the error of a layer from that of all others, and what a remedy for one
// layer gains.
import type { Graph, Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { usesOf } from '../graph/uses.js';
import type { DType } from '../tensor/dtype.js';
import type { LayerPair } from './layers.js';

export type Which = 'original' | 'compressed';

/** The nodes between the values that stand for other layers, by the value that they end in. */
export class Pieces {
  readonly #producers = new Map<string, Node>();
  readonly #bounds: ReadonlySet<string>;

  constructor(
    readonly graph: Graph,
    pairs: readonly LayerPair[],
    which: Which,
  ) {
    for (const node of graph.nodes) for (const name of node.outputs) this.#producers.set(name, node);
    this.#bounds = new Set(pairs.map((pair) => pair[which].value));
  }

  /** In topological order. */
  nodesOf(value: string): readonly Node[] {
    const found = new Set<Node>();
    const waiting = [value];
    while (waiting.length > 0) {
      const name = waiting.pop()!;
      const node = this.#producers.get(name);
      if (node === undefined || found.has(node) || (name !== value && this.#bounds.has(name))) continue;
      found.add(node);
      waiting.push(...usesOf(node));
    }
    return this.graph.nodes.filter((node) => found.has(node));
  }
}

/** `base` with some layers as they are in `donor`. */
export function withLayersOf(
  base: Graph,
  donor: Pieces,
  pairs: readonly LayerPair[],
  chosen: readonly LayerPair[],
  from: Which,
): Graph {
  const to: Which = from === 'original' ? 'compressed' : 'original';
  const twins = new Map(pairs.map((other) => [other[from].value, other[to].value]));
  donor.graph.inputs.forEach(({ name }, i) => {
    const twin = base.inputs.find((input) => input.name === name) ?? base.inputs[i]!;
    if (!twins.has(name)) twins.set(name, twin.name);
  });
  const nodes = new Set(chosen.flatMap((pair) => donor.nodesOf(pair[from].value)));
  const made = new Set([...nodes].flatMap((node) => node.outputs));
  // Names before the outputs are settled: they say which nodes are needed.
  const naming = new GraphEditor({ ...base });
  const names = new Map(
    chosen.map((pair) => {
      const { value } = pair[from];
      return [value, made.has(value) ? naming.fresh(`${value}_spliced`) : inputBehind(base, pair[to].value)];
    }),
  );
  const spliced = new Map(chosen.map((pair) => [pair[to].value, names.get(pair[from].value)!]));
  const outputs = base.outputs.map((output) => ({
    ...output,
    name: spliced.get(output.name) ?? output.name,
  }));
  const editor = new GraphEditor({ ...base, outputs });
  const rename = (name: string): string => {
    const known = name === '' ? '' : names.get(name);
    if (known !== undefined) return known;
    const constant = donor.graph.constants.get(name);
    const own = made.has(name)
      ? editor.fresh(`${name}_spliced`)
      : constant === undefined
        ? (twins.get(name) ?? name)
        : editor.addConstant(`${name}_spliced`, constant);
    names.set(name, own);
    return own;
  };
  for (const [replaced, name] of spliced) editor.renameUses(replaced, name);
  const copies = donor.graph.nodes
    .filter((node) => nodes.has(node))
    .map((node) => ({
      ...node,
      name: editor.fresh(`${node.name}_spliced`),
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    }));
  editor.replace([], copies);
  return editor.finish();
}

/** The input of the model behind rounding: what an input of the donor without nodes of its own stands for. */
function inputBehind(graph: Graph, value: string): string {
  const producer = graph.nodes.find(({ outputs }) => outputs.includes(value));
  return producer === undefined ? value : inputBehind(graph, producer.inputs[0]!);
}

/** A graph in which each layer reads the exact values that it is given as inputs, under the names of `fed`. `types`: those of
 *  values. */
export function withExactInputs(
  graph: Graph,
  values: readonly string[],
  types: ReadonlyMap<string, DType>,
): { readonly graph: Graph; readonly fed: ReadonlyMap<string, string> } {
  const taken = new GraphEditor({ ...graph, outputs: [...graph.outputs] });
  const fed = new Map(values.map((value) => [value, taken.fresh(`${value}_exact`)]));
  const dtypeOf = (value: string): DType => types.get(value) ?? 'float32';
  const inputs = [...fed].map(([value, name]) => ({ name, dtype: dtypeOf(value), dims: null }));
  const outputs = values.map((name) => ({ name, dtype: dtypeOf(name), dims: null }));
  const editor = new GraphEditor({ ...graph, inputs: [...graph.inputs, ...inputs], outputs });
  for (const [value, name] of fed) editor.renameUses(value, name);
  return { graph: editor.finish(), fed };
}
