// The slow interpreter: every node by its OpDef.reference, in order. The oracle for passes, plans and kernels.
import { expected, KompaktError } from '../errors.js';
import type { Graph, Node } from '../graph/graph.js';
import { opOf } from '../ops/index.js';
import { typeOf } from '../ops/op.js';
import type { TensorValue } from '../tensor/tensor.js';
import { bodyContext } from './differentiate.js';
import type { Fact } from './inference.js';

export type Values = ReadonlyMap<string, TensorValue>;

/** All outputs of a graph by name. Throws KPT_INPUT_MISSING and what the operators throw. */
export function runReference(graph: Graph, feeds: Values): Map<string, TensorValue> {
  const values = evaluate(graph, feeds, new Map());
  return new Map(
    graph.outputs.map(({ name }) => [name, definedValue(values, name, `graph '${graph.name}'`)]),
  );
}

/** Every value of a graph by name: inputs, constants, intermediate values and outputs. */
export function runReferenceFully(graph: Graph, feeds: Values): Values {
  return evaluate(graph, feeds, new Map());
}

function evaluate(graph: Graph, feeds: Values, outer: Values): Map<string, TensorValue> {
  const values = new Map([...outer, ...graph.constants]);
  for (const { name } of graph.inputs) {
    const fed = feeds.get(name) ?? graph.constants.get(name);
    if (fed === undefined)
      throw new KompaktError('KPT_INPUT_MISSING', `Input '${name}' of graph '${graph.name}' was not fed.`);
    values.set(name, fed);
  }
  for (const node of graph.nodes) {
    const outputs = evaluateNode(graph, node, values);
    node.outputs.forEach((name, i) => {
      if (name !== '' && outputs[i] !== undefined) values.set(name, outputs[i]);
    });
  }
  return values;
}

function evaluateNode(graph: Graph, node: Node, values: Values): readonly TensorValue[] {
  const where = `${node.op} node '${node.name}'`;
  const facts = (name: string): Fact | undefined => {
    const value = values.get(name);
    return value && { type: typeOf(value), value };
  };
  return opOf(node).reference({
    node,
    opset: graph.opsets[node.domain] ?? 1,
    where,
    differentiate: (body, count) => bodyContext(graph, node, facts).differentiate!(body, count),
    inputs: node.inputs.map((name) => (name === '' ? undefined : definedValue(values, name, where))),
    runSubgraph: (inner, feeds) => {
      const results = evaluate(inner, feeds, values);
      return inner.outputs.map(({ name }) => definedValue(results, name, where));
    },
  });
}

function definedValue(values: Values, name: string, where: string): TensorValue {
  const value = values.get(name);
  if (value === undefined)
    throw new KompaktError('KPT_GRAPH_INVALID', expected('a defined value', where, name));
  return value;
}
