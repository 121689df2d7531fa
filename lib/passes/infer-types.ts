// Types of all values of a graph by asking each OpDef. Symbolic dimensions of inputs get stand-in sizes, so ranks and
// element types are right and sizes are right where `exact` says so.
import { type Graph, type Node, opKey, type ValueInfo } from '../graph/graph.js';
import { ops } from '../ops/index.js';
import type { TensorType } from '../ops/op.js';
import { evaluate } from '../ops/shared/evaluate.js';
import { sizeOf } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';
import { isOp } from './pattern.js';

export interface InferredTypes {
  readonly types: ReadonlyMap<string, TensorType>;
  /** Values that hold whatever is fed: constants and shape arithmetic. */
  readonly known: ReadonlyMap<string, TensorValue>;
  /** Every input dimension had a size of its own. */
  readonly exact: boolean;
}

/** Stand-in for a symbolic dimension: batch first, else a size that window operators of usual models divide. */
const standIn = (axis: number): number => (axis === 0 ? 1 : 320);

/** Largest value that is followed as shape arithmetic: a few numbers per axis. Weights are no such thing. */
const maxKnownElements = 64;

/** Whether every dimension of every input is known, in the graph or in `inputs`. */
export const hasExactInputs = (graph: Graph, inputs: ReadonlyMap<string, TensorType> = new Map()): boolean =>
  graph.inputs.every(
    ({ name, dims }) => inputs.has(name) || (dims?.every((d) => typeof d === 'number') ?? false),
  );

/** Values of nodes whose types cannot be told are absent. `inputs` gives types of inputs where they are known better. */
export function inferTypes(graph: Graph, inputs: ReadonlyMap<string, TensorType> = new Map()): InferredTypes {
  const types = new Map<string, TensorType>();
  const known = new Map<string, TensorValue>(graph.constants);
  for (const input of graph.inputs) {
    const type = inputs.get(input.name) ?? declaredType(input);
    if (type !== undefined) types.set(input.name, type);
  }
  for (const [name, value] of graph.constants) types.set(name, value);

  for (const node of graph.nodes) {
    const of = node.inputs.map((name) => types.get(name));
    if (of.some((type, i) => type === undefined && node.inputs[i] !== '')) continue;
    const values = node.inputs.map((name) => known.get(name));
    const { outputs, computed } = inferOnce(node, graph.opsets[node.domain] ?? 1, of, values);
    node.outputs.forEach((name, i) => {
      if (name === '') return;
      if (outputs !== undefined) types.set(name, outputs[i]);
      if (computed !== undefined) known.set(name, computed[i]);
    });
  }
  return { types, known, exact: hasExactInputs(graph, inputs) };
}

/** The same object for the same input, so that inferOnce() knows it again. */
function declaredType(input: ValueInfo): TensorType | undefined {
  if (input.dims === null) return undefined;
  let type = declared.get(input);
  if (type === undefined) {
    const dims = input.dims.map((d, axis) => (typeof d === 'number' ? d : standIn(axis)));
    type = { dtype: input.dtype, dims };
    declared.set(input, type);
  }
  return type;
}

const declared = new WeakMap<ValueInfo, TensorType>();

/** What a node makes of its inputs: nothing where the stand-in sizes do not fit it, or its shape depends on data. */
interface Inference {
  readonly outputs?: readonly TensorType[];
  /** Where they are small and nothing but their inputs decides them. */
  readonly computed?: readonly TensorValue[] | undefined;
}

interface Inferred extends Inference {
  readonly opset: number;
  readonly inputs: readonly (TensorType | undefined)[];
  readonly values: readonly (TensorValue | undefined)[];
}

/** By node: most are those that the pass before asked about, with the same inputs. */
const inferences = new WeakMap<Node, Inferred>();

function inferOnce(
  node: Node,
  opset: number,
  inputs: Inferred['inputs'],
  values: Inferred['values'],
): Inference {
  const last = inferences.get(node);
  if (last?.opset === opset && sameItems(last.inputs, inputs) && sameItems(last.values, values)) return last;
  const inferred = { opset, inputs, values, ...infer(node, opset, inputs, values) };
  inferences.set(node, inferred);
  return inferred;
}

const sameItems = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i]);

function infer(node: Node, opset: number, inputs: Inferred['inputs'], values: Inferred['values']): Inference {
  const def = ops.get(opKey(node));
  if (def === undefined) return {};
  const where = `${node.op} node '${node.name}'`;
  try {
    const outputs = def.infer({ node, opset, where, inputs, value: (i) => values[i] });
    if (node.inputs.length === 0 || !outputs.every((type) => sizeOf(type.dims) <= maxKnownElements))
      return { outputs };
    // Shape and Size read the dims of their input only: no data is needed.
    const needed = isOp(node, 'Shape', 'Size') ? inputs.map(withoutData) : values;
    if (!node.inputs.every((name, i) => name === '' || needed[i] !== undefined)) return { outputs };
    return { outputs, computed: evaluate(def, { node, opset, where, inputs: needed }, outputs) };
  } catch {
    return {};
  }
}

/** inferTypes() when it is asked for first: most passes find nothing to ask about. */
export function typesWhenNeeded(graph: Graph): () => InferredTypes {
  let inferred: InferredTypes | undefined;
  return () => {
    inferred ??= inferTypes(graph);
    return inferred;
  };
}

const withoutData = (type: TensorType | undefined): TensorValue | undefined => type && { ...type, data: [] };
