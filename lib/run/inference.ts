// Types and plan-time values of a graph for concrete input shapes. A node whose inputs are all known is evaluated by its
// reference, so that shape arithmetic folds away; the rest only gets its types inferred.
import { expected, KompaktError } from '../errors.js';
import type { Graph, Node } from '../graph/graph.js';
import { opOf } from '../ops/index.js';
import { type InferContext, type InferredType, NeedsData, type TensorType, typeOf } from '../ops/op.js';
import { evaluate, withEmptyValues } from '../ops/shared/evaluate.js';
import { bytesPerElement } from '../tensor/dtype.js';
import { checkHostElements, checkMemory } from '../tensor/limits.js';
import { sizeOf } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';

/** What the plan knows of one value. */
export interface Fact {
  readonly type: TensorType;
  /** Set when the value itself is known at plan time. */
  readonly value?: TensorValue;
}

export type Facts = (name: string) => Fact | undefined;

/** Results larger than this are not folded while planning: they would only be memory. */
const maxFoldedElements = 1 << 16;

export const describeNode = (node: Pick<Node, 'op' | 'name'>): string => `${node.op} node '${node.name}'`;

export function inferContext(
  graph: Pick<Graph, 'opsets'> & Partial<Pick<Graph, 'inputs'>>,
  node: Node,
  facts: Facts,
): InferContext {
  const inputs = node.inputs.map((name) => {
    if (name === '') return undefined;
    const fact = facts(name);
    if (fact === undefined && graph.inputs?.some((input) => input.name === name))
      throw new KompaktError(
        'KPT_INPUT_MISSING',
        `Input '${name}', which ${describeNode(node)} reads, was not fed.`,
        { input: name },
      );
    if (fact === undefined)
      throw new KompaktError(
        'KPT_GRAPH_INVALID',
        `Value '${name}' is used by ${describeNode(node)} but never made.`,
      );
    if (fact.type.container !== undefined && !opOf(node).containers)
      throw new KompaktError(
        'KPT_TYPE_MISMATCH',
        expected('a tensor', `input '${name}' of ${describeNode(node)}`, `a ${fact.type.container}`),
      );
    return fact.type;
  });
  return {
    node,
    opset: graph.opsets[node.domain] ?? 1,
    inputs,
    value: (i) => (node.inputs[i] ? facts(node.inputs[i]!)?.value : undefined),
    inferSubgraph: (subgraph, types) => inferSubgraph(subgraph, types, facts),
    where: describeNode(node),
  };
}

function inferSubgraph(graph: Graph, types: readonly TensorType[], outer: Facts): readonly TensorType[] {
  const own = new Map<string, Fact>();
  graph.inputs.forEach((input, i) => {
    if (types[i] !== undefined) own.set(input.name, { type: types[i] });
  });
  const facts: Facts = (name) => {
    const constant = graph.constants.get(name);
    return own.get(name) ?? (constant ? { type: typeOf(constant), value: constant } : outer(name));
  };
  for (const node of graph.nodes) inferNode(graph, node, facts, (name, fact) => own.set(name, fact));
  return graph.outputs.map((output) => {
    const fact = facts(output.name);
    if (fact === undefined)
      throw new KompaktError('KPT_GRAPH_INVALID', `Subgraph output '${output.name}' is never made.`);
    return fact.type;
  });
}

/** Records facts for the outputs of one node. Throws NeedsData when a shape depends on data. Returns true when every
 *  output is known, so that the node needs no execution. */
export function inferNode(
  graph: Graph,
  node: Node,
  facts: Facts,
  record: (name: string, fact: Fact) => void,
): boolean {
  const ctx = inferContext(graph, node, facts);
  const inferred = evaluateNode(graph, node, ctx) ?? withEmptyValues(opOf(node).infer(ctx));
  let allKnown = true;
  node.outputs.forEach((name, i) => {
    if (name === '') return;
    const fact = inferred[i];
    if (fact === undefined)
      throw new KompaktError('KPT_GRAPH_INVALID', `${describeNode(node)} has no output ${i}.`);
    const { value, ...type } = fact;
    record(name, value === undefined ? { type } : { type, value });
    allKnown &&= value !== undefined;
  });
  return allKnown;
}

/** Throws KPT_TOO_LARGE when results of these types are more than the machine has room for. */
export function checkResults(node: Node, types: readonly TensorType[], host: boolean): void {
  const what = () => `What ${describeNode(node)} makes`;
  const sizes = types.map((type) => sizeOf(type.dims) * bytesPerElement(type.dtype));
  checkMemory(sum(sizes), what);
  if (host) checkHostElements(sum(types.map((type) => sizeOf(type.dims))), what);
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Types and values of the outputs when all inputs are known and small, else undefined. */
function evaluateNode(graph: Graph, node: Node, ctx: InferContext): readonly InferredType[] | undefined {
  if (Object.values(node.attributes).some((a) => a.type === 'graph')) return undefined;
  const inputs = node.inputs.map((_, i) => ctx.value(i));
  if (node.inputs.some((name, i) => name !== '' && inputs[i] === undefined)) return undefined;
  if (inputs.some((v) => v !== undefined && v.data.length > maxFoldedElements)) return undefined;
  const def = opOf(node);
  if (def.random) return undefined;
  const reference = { node, opset: graph.opsets[node.domain] ?? 1, inputs, where: describeNode(node) };
  let values: readonly TensorValue[];
  try {
    const types = def.infer(ctx);
    if (types.some((t) => sizeOf(t.dims) > maxFoldedElements)) return undefined;
    values = evaluate(def, reference, types);
  } catch (error) {
    if (!(error instanceof NeedsData)) throw error;
    values = def.reference(reference);
  }
  return values.map((value) => ({ ...typeOf(value), value }));
}
