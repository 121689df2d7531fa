// Pruning while training, of a model in whatever form it is trained: every weight passes a Prune on its way to its layer.
// Gradual magnitude pruning (Zhu & Gupta 2017, arXiv:1710.01878); masks follow the weights in every step here, not in every
// hundredth, and which layers get how many zeros is a choice of its own (distributions/).
import { attr } from '../../graph/attribute.js';
import { freezeGraph, type Graph, type Node } from '../../graph/graph.js';
import { Names } from '../../graph/names.js';
import { withDomains } from '../../graph/opsets.js';
import { collectNames } from '../../graph/uses.js';
import { f32, type TensorValue } from '../../tensor/tensor.js';
import type { Preparation } from '../../train/preparation.js';
import { chooseLayers, type PrunableLayer } from './layers.js';
import type { CompletePrunedTrainingOptions } from './options.js';
import { countZeros, masked, zerosOf } from './zeros.js';

/** 1 where a weight is not 0. */
const maskOf = ({ dims, data }: TensorValue): TensorValue =>
  f32(
    dims,
    (data as Float32Array).map((v) => (v === 0 ? 0 : 1)),
  );

/** The names that a pruned weight brings into the graph. */
interface Site {
  readonly layer: PrunableLayer;
  readonly mask: string;
  readonly node: Node;
}

export function pruned(preparation: Preparation, options: CompletePrunedTrainingOptions): Preparation {
  const { graph: source, finish } = preparation;
  const layers = chooseLayers(source, options.layers);
  const from = layers.map(({ value }) => countZeros(value));
  const to = options.sparsity === 'kept' ? from : zerosOf(layers, options.sparsity, options.distribution);
  const taken = new Set<string>();
  collectNames(source, taken);
  const names = new Names(taken);
  const progress = preparation.progress ?? names.fresh('progress');
  const sites = layers.map((layer, i): Site => {
    const { weight } = layer;
    const mask = names.fresh(`${weight}/mask`);
    const name = names.fresh(`${weight}/prune`);
    const node: Node = {
      name,
      op: 'Prune',
      domain: 'ai.kompakt',
      inputs: [weight, mask, progress],
      outputs: [names.fresh(`${weight}/pruned`), names.fresh(`${mask}/next`)],
      attributes: {
        from: attr.int(from[i]!),
        to: attr.int(to[i]!),
        begin: attr.float(options.begin),
        end: attr.float(options.end),
      },
    };
    return { layer, mask, node };
  });
  return {
    ...preparation,
    graph: withPrunes(source, sites, progress),
    progress,
    unaveraged: sites.map(({ mask }) => mask),
    ...(options.sparsity !== 'kept' && { comparable: false }),
    identity: { ...preparation.identity, prune: options },
    finish: (trained) => finish(withoutPrunes(source, trained, sites)),
  };
}

function withPrunes(source: Graph, sites: readonly Site[], progress: string): Graph {
  const prunedNames = new Map(sites.map(({ layer, node }) => [layer.weight, node.outputs[0]!]));
  const nodes = [
    ...sites.map(({ node }) => node),
    ...source.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((name) => prunedNames.get(name) ?? name),
    })),
  ];
  const constants = new Map(source.constants);
  for (const { layer, mask } of sites) constants.set(mask, maskOf(layer.value));
  if (!constants.has(progress)) constants.set(progress, f32([], [0]));
  return freezeGraph({ ...source, nodes, constants, opsets: withDomains(source.opsets, nodes) });
}

/** The graph as it was, with what training made of its constants and with zeros where the masks are. Constants that training has
 *  left out, for nothing needs them, stay. */
function withoutPrunes(source: Graph, trained: Graph, sites: readonly Site[]): Graph {
  const masks = new Map(sites.map(({ layer, mask }) => [layer.weight, mask]));
  const constants = [...source.constants].map(([name, before]) => {
    const value = trained.constants.get(name) ?? before;
    const mask = trained.constants.get(masks.get(name) ?? '');
    return [name, mask === undefined ? value : masked(value, mask.data as Float32Array)] as const;
  });
  return freezeGraph({ ...source, constants: new Map(constants) });
}
