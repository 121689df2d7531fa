// Which layers of a model can become binary, and which stay as they are by default.
import { KompaktError } from '../../errors.js';
import type { Graph, Node } from '../../graph/graph.js';
import { usesOf } from '../../graph/uses.js';
import { intAttr } from '../../ops/op.js';
import type { Dims } from '../../tensor/shape.js';
import type { LayerChoice } from './options.js';

/** What of a layer becomes binary: nothing, its weights, or weights and activations. */
export type LayerForm = 'keep' | 'weights' | 'binary';

export interface BinaryLayer {
  readonly node: string;
  /** The constant with its weights, and the axis of its output channels. */
  readonly weight: string;
  readonly axis: number;
  readonly form: Exclude<LayerForm, 'keep'>;
}

export interface KeptLayer {
  readonly node: string;
  readonly op: string;
  readonly weight: string;
  readonly why: string;
}

export interface Layers {
  readonly binary: readonly BinaryLayer[];
  readonly kept: readonly KeptLayer[];
}

/** The axis of the output channels in the weights of a layer that could be binary; a reason where it could not; undefined
 *  where the node has no weights. */
function axisOf(node: Node, weight: Dims | undefined): number | string | undefined {
  if (node.domain !== '' || weight === undefined) return undefined;
  switch (node.op) {
    case 'Conv':
      if (intAttr(node, 'group', 1) !== 1) return 'its filters see only some of the channels (group)';
      return weight.length === 4 ? 0 : 'one-bit convolutions have two dimensions';
    case 'Gemm':
      if (intAttr(node, 'transA', 0) !== 0) return 'its input is transposed';
      return 1 - intAttr(node, 'transB', 0);
    case 'MatMul':
      return weight.length === 2 ? 1 : 'its weights are no matrix';
    default:
      return undefined;
  }
}

interface Candidate {
  readonly node: Node;
  readonly weight: string;
  readonly axis: number | string;
  readonly first: boolean;
}

/** All layers with weights, and the names of those that no other follows. */
function candidates(graph: Graph): { readonly all: Candidate[]; readonly last: ReadonlySet<string> } {
  const all: Candidate[] = [];
  /** Layers that a value passed, nearest last; those of a node are those of its inputs. */
  const passed = new Map<string, ReadonlySet<string>>();
  const followed = new Set<string>();
  for (const node of graph.nodes) {
    const before = new Set(usesOf(node).flatMap((name) => [...(passed.get(name) ?? [])]));
    const weight = node.inputs[1] ?? '';
    const constant = graph.constants.get(weight);
    const axis = axisOf(node, constant?.dtype === 'float32' ? constant.dims : undefined);
    if (axis === undefined) for (const name of node.outputs) passed.set(name, before);
    else {
      for (const name of before) followed.add(name);
      all.push({ node, weight, axis, first: before.size === 0 });
      for (const name of node.outputs) passed.set(name, new Set([node.name]));
    }
  }
  return { all, last: new Set(all.map(({ node }) => node.name).filter((name) => !followed.has(name))) };
}

/** A 1x1 convolution that only makes a shortcut fit: few weights, and all that passes it is lost to both branches. */
const isDownsampling = (node: Node, weight: Dims): boolean =>
  node.op === 'Conv' &&
  weight.slice(2).every((k) => k === 1) &&
  ((node.attributes.strides?.value as readonly number[] | undefined) ?? []).some((s) => s > 1);

/** Sorts the layers of a graph by what is asked for. Throws KPT_OPTION_INVALID where none becomes binary or a name is unknown. */
export function chooseLayers(graph: Graph, choice: LayerChoice, form: Exclude<LayerForm, 'keep'>): Layers {
  const { all, last } = candidates(graph);
  const named = (names: readonly string[]): Set<string> => {
    for (const name of names)
      if (!all.some(({ node }) => node.name === name))
        throw new KompaktError(
          'KPT_OPTION_INVALID',
          `The model has no layer '${name}'; its layers are ${all.map(({ node }) => node.name).join(', ')}.`,
        );
    return new Set(names);
  };
  const [only, keep] = [choice.only && named(choice.only), named(choice.keep)];
  const binary: BinaryLayer[] = [];
  const kept: KeptLayer[] = [];
  for (const { node, weight, axis, first } of all) {
    const stays = (why: string): void => {
      kept.push({ node: node.name, op: node.op, weight, why });
    };
    const end = first ? choice.first : last.has(node.name) ? choice.last : undefined;
    if (typeof axis === 'string') stays(axis);
    else if (keep.has(node.name)) stays('option keep names it');
    else if (only !== undefined && !only.has(node.name)) stays('option only does not name it');
    else if (only === undefined && end === 'keep') stays(first ? 'the first layer' : 'the last layer');
    else if (only === undefined && isDownsampling(node, graph.constants.get(weight)!.dims))
      stays('a 1x1 convolution that makes a shortcut smaller');
    else {
      const own = end === 'weights' || form === 'weights' ? 'weights' : 'binary';
      binary.push({ node: node.name, weight, axis, form: own });
    }
  }
  if (binary.length === 0)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `No layer becomes binary: ${kept.map(({ node, why }) => `${node}: ${why}`).join('; ') || 'the model has none with weights'}.`,
    );
  return { binary, kept };
}
