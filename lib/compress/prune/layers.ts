// Which weights of a graph can be pruned: those of convolutions and matrix products, also behind the rounding of training.
import { KompaktError } from '../../errors.js';
import { type Graph, type Node, opKey } from '../../graph/graph.js';
import { producersOf } from '../../graph/order.js';
import { ops } from '../../ops/index.js';
import type { TensorValue } from '../../tensor/tensor.js';
import { errorOfOtherFloats } from '../../train/float-weights.js';
import { isMover } from '../../train/plain-weights.js';
import type { LayerChoice } from './options.js';

export interface PrunableLayer {
  /** The node; one that shares its weights with others is the first of them. */
  readonly node: string;
  readonly op: string;
  /** The float32 constant with its weights. */
  readonly weight: string;
  readonly value: TensorValue;
}

/** The constant from which the weights of a node are made, and what rounds or unpacks it. */
export interface StoredWeight {
  readonly constant: string;
  readonly maker: Node | undefined;
  /** The layer reads them in another form, as transposed. */
  readonly moved: boolean;
}

export function weightOf(
  node: Node,
  producers: ReadonlyMap<string, Node>,
  graph: Graph,
): StoredWeight | undefined {
  const rule = ops.get(opKey(node))?.quantize;
  if (rule?.kind !== 'weighted') return undefined;
  const read = node.inputs[rule.weight] ?? '';
  let [name, maker] = [read, producers.get(read)];
  while (maker !== undefined && isMover(maker)) {
    name = maker.inputs[0]!;
    maker = producers.get(name);
  }
  const constant = maker?.op === 'FakeQuantize' || maker?.op === 'DequantizeLinear' ? maker.inputs[0]! : name;
  return graph.constants.has(constant) ? { constant, maker, moved: name !== read } : undefined;
}

/** Throws KPT_OPTION_INVALID where a name is unknown or nothing is left to prune. */
export function chooseLayers(graph: Graph, { only, keep }: LayerChoice): readonly PrunableLayer[] {
  const producers = producersOf(graph.nodes);
  const all = new Map<string, PrunableLayer>();
  for (const node of graph.nodes) {
    const weight = weightOf(node, producers, graph)?.constant ?? '';
    const value = graph.constants.get(weight);
    if (value?.dtype === 'float32' && value.data.length > 0 && !all.has(weight))
      all.set(weight, { node: node.name, op: node.op, weight, value });
  }
  const layers = [...all.values()];
  for (const name of [...(only ?? []), ...keep])
    if (!layers.some(({ node }) => node === name))
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        `The model has no layer '${name}' to prune; its layers are ${layers.map(({ node }) => node).join(', ') || 'none'}.`,
      );
  const chosen = layers.filter(({ node }) => (only?.includes(node) ?? true) && !keep.includes(node));
  const other = layers.length === 0 ? errorOfOtherFloats(graph, 'weights in float32 to prune') : undefined;
  if (other !== undefined) throw other;
  if (chosen.length === 0)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      'No layer is pruned: the model has no weights in float32 (prune before quantize, or finetune with both), or options keep all.',
    );
  return chosen;
}
