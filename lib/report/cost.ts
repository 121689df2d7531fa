// What a model costs before it runs: multiply-accumulates and weight bytes, per node and in total, as each OpDef
// states them for concrete input shapes.
import type { Graph, Node } from '../graph/graph.js';
import { opOf } from '../ops/index.js';
import { type InferContext, NeedsData, type ReferenceContext, type TensorType } from '../ops/op.js';
import { bytesPerElement } from '../tensor/dtype.js';
import type { Dims } from '../tensor/shape.js';
import { sizeOf } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';

export interface NodeCost {
  readonly name: string;
  readonly op: string;
  readonly macs: number;
  readonly weightBytes: number;
  /** Bytes of all outputs. */
  readonly outputBytes: number;
  readonly outputDims: readonly Dims[];
}

export interface GraphCost {
  /** In graph order; nodes whose shapes depend on data are absent. */
  readonly nodes: readonly NodeCost[];
  readonly macs: number;
  readonly weightBytes: number;
  /** Nodes whose shapes cannot be known without running the model. */
  readonly unknown: readonly string[];
}

/** Largest shape-arithmetic value that is evaluated while shapes are inferred. */
const foldLimit = 4096;

/** Costs of every node for the given input types. Throws what OpDef.infer throws for illegal models. */
export function costOf(graph: Graph, inputs: ReadonlyMap<string, TensorType>): GraphCost {
  const types = new Map<string, TensorType>(inputs);
  const values = new Map<string, TensorValue>(graph.constants);
  for (const [name, { dtype, dims }] of graph.constants) types.set(name, { dtype, dims });
  const nodes: NodeCost[] = [];
  const unknown: string[] = [];
  for (const node of graph.nodes) {
    const cost = nodeCost(graph, node, types, values);
    if (cost === null) unknown.push(node.name);
    else nodes.push(cost);
  }
  return {
    nodes,
    unknown,
    macs: nodes.reduce((sum, node) => sum + node.macs, 0),
    weightBytes: [...graph.constants.values()].reduce((sum, value) => sum + constantBytes(value), 0),
  };
}

const constantBytes = (value: TensorValue): number => value.data.length * bytesPerElement(value.dtype);

function nodeCost(
  graph: Graph,
  node: Node,
  types: Map<string, TensorType>,
  values: Map<string, TensorValue>,
): NodeCost | null {
  if (node.inputs.some((name) => name !== '' && !types.has(name))) return null;
  const def = opOf(node);
  const opset = graph.opsets[node.domain] ?? 1;
  const where = `${node.op} node '${node.name}'`;
  const context: InferContext = {
    node,
    opset,
    where,
    inputs: node.inputs.map((name) => types.get(name)),
    value: (i) => values.get(node.inputs[i] ?? ''),
  };
  try {
    const outputs = def.infer(context);
    node.outputs.forEach((name, i) => {
      if (name !== '') types.set(name, outputs[i]!);
    });
    foldSmall({ node, opset, where, inputs: node.inputs.map((name) => values.get(name)) }, outputs, values);
    return {
      name: node.name,
      op: node.op,
      ...def.cost(context, outputs),
      outputBytes: outputs.reduce((sum, type) => sum + sizeOf(type.dims) * bytesPerElement(type.dtype), 0),
      outputDims: outputs.map((type) => type.dims),
    };
  } catch (error) {
    if (error instanceof NeedsData) return null;
    throw error;
  }
}

/** Evaluates a small node whose inputs are all known, so that shape arithmetic reaches the nodes behind it. */
function foldSmall(
  context: ReferenceContext,
  outputs: readonly TensorType[],
  values: Map<string, TensorValue>,
): void {
  const { node } = context;
  const known = node.inputs.every((name, i) => name === '' || context.inputs[i] !== undefined);
  if (!known || outputs.some((type) => sizeOf(type.dims) > foldLimit)) return;
  if (Object.values(node.attributes).some((attribute) => attribute.type === 'graph')) return;
  opOf(node)
    .reference(context)
    .forEach((value, i) => {
      const name = node.outputs[i];
      if (name !== undefined && name !== '') values.set(name, value);
    });
}
