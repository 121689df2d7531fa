// Types of all values of a graph by asking each OpDef. Symbolic dimensions of inputs get stand-in sizes, so ranks and
// element types are right and sizes are right where `exact` says so.
import { type Graph, opKey } from '../graph/graph.js';
import { ops } from '../ops/index.js';
import type { InferContext, TensorType } from '../ops/op.js';
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
    const given = inputs.get(input.name);
    if (given !== undefined) types.set(input.name, given);
    else if (input.dims !== null)
      types.set(input.name, {
        dtype: input.dtype,
        dims: input.dims.map((d, axis) => (typeof d === 'number' ? d : standIn(axis))),
      });
  }
  for (const [name, value] of graph.constants) types.set(name, value);

  for (const node of graph.nodes) {
    const def = ops.get(opKey(node));
    if (def === undefined || node.inputs.some((name) => name !== '' && !types.has(name))) continue;
    const where = `${node.op} node '${node.name}'`;
    const opset = graph.opsets[node.domain] ?? 1;
    const values = node.inputs.map((name) => known.get(name));
    const context: InferContext = {
      node,
      opset,
      where,
      inputs: node.inputs.map((name) => types.get(name)),
      value: (i) => values[i],
    };
    try {
      const outputs = def.infer(context);
      const small = outputs.every((type) => sizeOf(type.dims) <= maxKnownElements);
      // Shape and Size read the dims of their input only: no data is needed.
      const needed = isOp(node, 'Shape', 'Size') ? context.inputs.map(withoutData) : values;
      const ready =
        node.inputs.length > 0 && node.inputs.every((n, i) => n === '' || needed[i] !== undefined);
      const computed =
        small && ready ? evaluate(def, { node, opset, where, inputs: needed }, outputs) : undefined;
      node.outputs.forEach((name, i) => {
        if (name === '') return;
        types.set(name, outputs[i]);
        if (computed !== undefined) known.set(name, computed[i]);
      });
    } catch {
      // The stand-in sizes do not fit this node, or its shape depends on data: what follows from it stays unknown.
    }
  }
  return { types, known, exact: hasExactInputs(graph, inputs) };
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
