// What control flow operators do with their bodies: types, runs, and stacking what each turn gives.
import { expected, KompaktError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { sameDims } from '../../tensor/shape.js';
import { type TensorValue, tensor } from '../../tensor/tensor.js';
import { type InferContext, NeedsData, type ReferenceContext, type TensorType } from '../op.js';
import { type Element, fromRaw } from './elements.js';

/** Output types of a body, or NeedsData of the node itself when they depend on data. */
export function branchTypes(
  ctx: InferContext,
  body: Graph,
  inputs: readonly TensorType[],
): readonly TensorType[] {
  if (ctx.inferSubgraph === undefined) throw new NeedsData(0);
  try {
    return ctx.inferSubgraph(body, inputs);
  } catch (error) {
    throw error instanceof NeedsData ? new NeedsData(0) : error;
  }
}

/** Runs a body with values for its inputs, in order. */
export function runBody(
  ctx: ReferenceContext,
  body: Graph,
  values: readonly TensorValue[],
): readonly TensorValue[] {
  if (ctx.runSubgraph === undefined)
    throw new KompaktError('KPT_INTERNAL', `${ctx.where} was evaluated where subgraphs cannot run.`);
  if (values.length !== body.inputs.length)
    throw new KompaktError(
      'KPT_GRAPH_INVALID',
      expected(`a body with ${values.length} inputs`, ctx.where, body.inputs.length),
    );
  return ctx.runSubgraph(body, new Map(body.inputs.map(({ name }, i) => [name, values[i]!])));
}

/** Joins equally shaped tensors along a new first axis. `empty` is the type of one of them, for the case of none. */
export function stack(parts: readonly TensorValue[], empty: TensorType, where: string): TensorValue {
  const { dtype, dims } = parts[0] ?? empty;
  const odd = parts.find((part) => part.dtype !== dtype || !sameDims(part.dims, dims));
  if (odd !== undefined)
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`outputs of shape [${dims.join(',')}] in every turn`, where, odd.dims),
    );
  const values: Element[] = [];
  for (const part of parts) for (let i = 0; i < part.data.length; i++) values.push(part.data[i]!);
  return fromRaw(dtype, [parts.length, ...dims], values);
}

/** One bool. */
export const boolTensor = (value: boolean): TensorValue => tensor('bool', [], Uint8Array.of(Number(value)));

/** Type of a body's output as declared, unknown dims as 0: the shape of an output of no turns. */
export function declaredType(body: Graph, output: number): TensorType {
  const { dtype, dims } = body.outputs[output]!;
  return { dtype, dims: (dims ?? []).map((d) => (typeof d === 'number' ? d : 0)) };
}
