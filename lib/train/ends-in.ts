// What makes the numbers that a model answers with: whether they are probabilities is said by the graph, not by their values, which
// quantisation makes inexact.
import type { Graph, Node } from '../graph/graph.js';
import { producersOf } from '../graph/order.js';
import { opOf } from '../ops/index.js';

/** Whether `op` computes the first output, seen through quantisation and what only moves values. */
export function endsIn({ nodes, outputs }: Graph, op: string): boolean {
  const producers = producersOf(nodes);
  let node = producers.get(outputs[0]!.name);
  while (node !== undefined && keepsValues(node)) node = producers.get(node.inputs[0]!);
  return node !== undefined && (node.op === op || node.op === `QLinear${op}`);
}

/** Whether one score of the model is the probability of yes. */
export const endsInShare = (graph: Graph): boolean =>
  endsIn(graph, 'Sigmoid') || endsIn(graph, 'HardSigmoid');

function keepsValues(node: Node): boolean {
  if (node.op === 'DequantizeLinear' || node.op === 'QuantizeLinear') return true;
  const { quantize } = opOf(node);
  return quantize.kind === 'same-scale' && quantize.data !== 'all' && quantize.data.join() === '0';
}
