// How sparse the layers of a model are, and what that means for its size.
import type { Graph } from '../../graph/graph.js';
import { producersOf } from '../../graph/order.js';
import { toNumbers } from '../../tensor/tensor.js';
import { weightOf } from './layers.js';
import { countOf } from './zeros.js';

export interface LayerSparsity {
  readonly name: string;
  readonly op: string;
  readonly weights: number;
  readonly zeros: number;
}

export interface Sparsity {
  readonly layers: readonly LayerSparsity[];
  /** Share of zeros among all these weights. */
  readonly sparsity: number;
}

/** Of every layer with weights, in float or quantised. */
export function sparsityOf(graph: Graph): Sparsity {
  const producers = producersOf(graph.nodes);
  const seen = new Set<string>();
  const layers = graph.nodes.flatMap((node): LayerSparsity[] => {
    const weight = weightOf(node, producers, graph);
    if (weight === undefined || seen.has(weight.constant)) return [];
    seen.add(weight.constant);
    const value = graph.constants.get(weight.constant)!;
    // Weights of other tools may have a zero point; one for all.
    const point = graph.constants.get(weight.maker?.inputs[2] ?? '');
    const zero = point === undefined ? 0 : toNumbers(point)[0]!;
    const zeros = countOf(toNumbers(value), zero);
    return [{ name: node.name, op: node.op, weights: value.data.length, zeros }];
  });
  const sum = (of: (layer: LayerSparsity) => number): number =>
    layers.reduce((all, layer) => all + of(layer), 0);
  const weights = sum((layer) => layer.weights);
  return { layers, sparsity: weights === 0 ? 0 : sum((layer) => layer.zeros) / weights };
}
