// Which layer of the compressed model stands for which of the original, whatever their names: layers correspond when their
// operators are the same and their inputs correspond, seen through what only rounds and clamps. Names decide where that
// does not.
import type { Graph, Node } from '../graph/graph.js';
import { opKey } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { ops } from '../ops/index.js';
import { inferTypes } from '../passes/infer-types.js';
import { soleUser } from '../passes/pattern.js';
import { isDequantize, isQuantize } from '../passes/quantized-value.js';
import { cosineOf, type StoredWeights, weightsOf } from './weights.js';

/** A layer in both models: the node, and the value that later layers see of it, behind rounding and clamps. */
export interface LayerPair {
  /** Of the node in the original; of the value for an input of the model. */
  readonly name: string;
  readonly op: string;
  readonly original: Side;
  readonly compressed: Side;
}

export interface Side {
  /** undefined: an input of the model. */
  readonly node: Node | undefined;
  readonly value: string;
}

export interface LayerMatch {
  /** In the order of the original. */
  readonly pairs: readonly LayerPair[];
  /** Layers with weights: of each model, and those that correspond. */
  readonly weighted: { readonly original: number; readonly compressed: number; readonly matched: number };
}

/** Operators through which a layer is seen. */
const isTransparent = (node: Node): boolean =>
  isQuantize(node) || isDequantize(node) || ['Relu', 'Clip', 'Identity'].includes(opKey(node));

export function matchLayers(original: Graph, compressed: Graph): LayerMatch {
  const [a, b] = [new Outline(original), new Outline(compressed)];
  /** Value of the original, at its origin, to that of the compressed model. */
  const twins = new Map<string, string>();
  const taken = new Set<Node>();
  const pairs: LayerPair[] = [];
  original.inputs.forEach((input, i) => {
    const twin = compressed.inputs.find(({ name }) => name === input.name) ?? compressed.inputs[i];
    if (twin === undefined) return;
    twins.set(input.name, twin.name);
    const value = b.end(twin.name);
    if (value !== twin.name)
      pairs.push({
        name: input.name,
        op: 'input',
        original: { node: undefined, value: input.name },
        compressed: { node: undefined, value },
      });
  });
  for (const node of original.nodes) {
    if (isTransparent(node) || !a.isLayer(node)) continue;
    const twin = twinOf(node, a, b, twins, taken);
    if (twin === undefined) continue;
    taken.add(twin);
    node.outputs.forEach((name, i) => {
      const other = twin.outputs[i] ?? '';
      if (name === '' || other === '') return;
      twins.set(name, other);
      if (i > 0) return;
      pairs.push({
        name: node.name,
        op: node.op,
        original: { node, value: a.end(name) },
        compressed: { node: twin, value: b.end(other) },
      });
    });
  }
  const matched = pairs.filter(({ original: { node } }) => node && a.weights.has(node)).length;
  return { pairs, weighted: { original: a.weights.size, compressed: b.weights.size, matched } };
}

/** Least cosine at which weights of the same shape are taken for the same layer's. */
const sameWeights = 0.5;

function twinOf(
  node: Node,
  a: Outline,
  b: Outline,
  twins: ReadonlyMap<string, string>,
  taken: ReadonlySet<Node>,
): Node | undefined {
  const free = (other: Node | undefined): other is Node =>
    other !== undefined && !taken.has(other) && !isTransparent(other) && b.isLayer(other);
  const wanted = a.sources(node).map((name) => twins.get(name));
  const placed = wanted.includes(undefined)
    ? []
    : b
        .users(wanted[0] ?? '')
        .filter((other) => free(other) && opKey(other) === opKey(node) && sameList(b.sources(other), wanted));
  const own = a.weights.get(node);
  if (placed.length === 1) return placed[0];
  if (placed.length > 1)
    return nearest(own, placed, b) ?? placed.find(({ name }) => name === node.name) ?? placed[0];
  const named = b.named(node.name);
  if (free(named) && alike(own, b.weights.get(named))) return named;
  const sameValue = b.producer(node.outputs[0]!);
  if (free(sameValue)) return sameValue;
  const candidates = [...b.weights.keys()].filter((other) => free(other) && opKey(other) === opKey(node));
  return own && nearest(own, candidates, b);
}

const sameList = (a: readonly string[], b: readonly (string | undefined)[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

/** Names that loaders make up say nothing: weights must be of the same kind too. */
const alike = (a: StoredWeights | undefined, b: StoredWeights | undefined): boolean =>
  (a === undefined) === (b === undefined) &&
  (a === undefined || b === undefined || a.dims.length === b.dims.length || b.bits === 1);

/** Of some nodes that whose weights are most like these. */
function nearest(own: StoredWeights | undefined, others: readonly Node[], b: Outline): Node | undefined {
  let [best, most] = [undefined as Node | undefined, sameWeights];
  for (const other of own === undefined ? [] : others) {
    const cosine = cosineOf(own!, b.weights.get(other));
    if (cosine > most) [best, most] = [other, cosine];
  }
  return best;
}

/** A graph as its layers. */
class Outline {
  /** Of layers that have some. */
  readonly weights = new Map<Node, StoredWeights>();
  readonly #editor: GraphEditor;
  readonly #users = new Map<string, Node[]>();
  readonly #named: ReadonlyMap<string, Node>;
  readonly #known: ReadonlySet<string>;

  constructor(graph: Graph) {
    this.#editor = new GraphEditor(graph);
    this.#named = new Map(graph.nodes.map((node) => [node.name, node]));
    this.#known = new Set(inferTypes(graph).known.keys());
    for (const node of graph.nodes) {
      if (isTransparent(node)) continue;
      const weights = weightsOf(this.#editor, node);
      if (weights !== undefined) this.weights.set(node, weights);
      for (const name of new Set(this.sources(node))) {
        const users = this.#users.get(name);
        if (users === undefined) this.#users.set(name, [node]);
        else users.push(node);
      }
    }
  }

  named(name: string): Node | undefined {
    return this.#named.get(name);
  }

  producer(value: string): Node | undefined {
    return this.#editor.producer(this.origin(value));
  }

  /** False for arithmetic on shapes and for what is computed of constants alone. */
  isLayer(node: Node): boolean {
    return !this.#known.has(node.outputs[0]!) && this.sources(node).length > 0 && ops.has(opKey(node));
  }

  /** The value before rounding and clamps. */
  origin(value: string): string {
    const node = this.#editor.producer(value);
    return node !== undefined && isTransparent(node) ? this.origin(node.inputs[0]!) : value;
  }

  /** The value behind rounding and clamps, as far as all its users see it so. */
  end(value: string): string {
    const user = soleUser(this.#editor, value);
    return user?.inputs[0] === value && isTransparent(user) ? this.end(user.outputs[0]!) : value;
  }

  /** Origins of the inputs that are not constant. */
  sources(node: Node): readonly string[] {
    return node.inputs
      .filter((name) => name !== '' && !this.#known.has(name))
      .map((name) => this.origin(name))
      .filter((name) => this.#editor.constant(name) === undefined);
  }

  users(origin: string): readonly Node[] {
    return this.#users.get(origin) ?? [];
  }
}
