// What losses are built with: the outputs and inner values of a model, and targets that become inputs of the training graph.
import { KompaktError } from '../errors.js';
import type { Graph, Node } from '../graph/graph.js';
import { producersOf } from '../graph/order.js';
import type { GraphWriter } from '../graph/writer.js';
import { intAttr } from '../ops/op.js';
import { describeNode, type Fact } from '../run/inference.js';
import { normalizeAxis } from '../tensor/shape.js';
import type { LossContext, TrainingValue } from './training.js';

export function typedValue(facts: ReadonlyMap<string, Fact>, name: string): TrainingValue {
  const fact = facts.get(name);
  if (fact === undefined) throw new KompaktError('KPT_OPTION_INVALID', `The model has no value '${name}'.`);
  return { name, dtype: fact.type.dtype, dims: fact.type.dims };
}

/** `targets` takes what the loss declares. */
export function lossContext(
  graph: Graph,
  writer: GraphWriter,
  facts: ReadonlyMap<string, Fact>,
  predictions: readonly TrainingValue[],
  targets: TrainingValue[],
): LossContext {
  const producers = producersOf(graph.nodes);
  return {
    add: (op, inputs, attributes, options) => writer.add(op, inputs, attributes, options),
    constant: (hint, value) => writer.constant(hint, value),
    prediction: (index) => {
      const prediction = predictions[index];
      if (prediction === undefined)
        throw new KompaktError('KPT_OPTION_INVALID', `The model has no output ${index} for the loss.`);
      return prediction;
    },
    before: (value, op, axis) => {
      let node = producers.get(value.name);
      while (node?.op === 'FakeQuantize') node = producers.get(node.inputs[0]!);
      if (node?.op !== op) return value;
      if (axis !== undefined) requireAxis(node, value, axis);
      return { ...value, name: node.inputs[0]! };
    },
    value: (name) => typedValue(facts, name),
    target: (name, { dtype, dims }) => {
      const value = { name: writer.input(name, { dtype, dims }), dtype, dims };
      targets.push(value);
      return value.name;
    },
  };
}

/** A Softmax over another axis makes other probabilities than the loss would. */
function requireAxis(node: Node, { name, dims }: TrainingValue, axis: number): void {
  const own = normalizeAxis(intAttr(node, 'axis', -1), dims.length, describeNode(node));
  if (own !== axis)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `The loss compares classes along axis ${axis}, but the ${node.op} before '${name}' [${dims.join(',')}] is over axis ${own}: give a model whose classes are on axis ${axis}.`,
    );
}
