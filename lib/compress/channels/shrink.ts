// The graph without the channels that leave: constants cut, attributes and shapes made to fit.
import { freezeGraph, type Graph, type Node, opKey } from '../../graph/graph.js';
import { Names } from '../../graph/names.js';
import { capturesOf, collectNames, subgraphsOf } from '../../graph/uses.js';
import { ops } from '../../ops/index.js';
import type { ShrinkContext } from '../../ops/shared/channels.js';
import { inferContext } from '../../run/inference.js';
import type { Dims } from '../../tensor/shape.js';
import { sizeOf, stridesOf } from '../../tensor/shape.js';
import { type TensorValue, tensor } from '../../tensor/tensor.js';
import type { AxisSlots, Coupling } from './coupling.js';
import type { GraphFacts } from './facts.js';

/** Which slots leave. */
export type Gone = (slot: number) => boolean;

/** Indices of each axis that stay; undefined where all do. */
type Cuts = readonly (readonly number[] | undefined)[];

export function shrinkGraph(graph: Graph, facts: GraphFacts, coupling: Coupling, gone: Gone): Graph {
  const taken = new Set<string>();
  collectNames(graph, taken);
  const names = new Names(taken);
  const constants = new Map<string, TensorValue>();
  /** Names of constants as they are cut, by name and cuts. */
  const cutNames = new Map<string, string>();
  const named = (name: string, cuts: Cuts): string => {
    const key = JSON.stringify([name, cuts]);
    const known = cutNames.get(key);
    if (known !== undefined) return known;
    const own = constants.has(name) ? names.fresh(`${name}/cut`) : name;
    cutNames.set(key, own);
    constants.set(own, cut(graph.constants.get(name)!, cuts));
    return own;
  };
  for (const body of graph.nodes.flatMap(subgraphsOf))
    for (const name of capturesOf(body)) if (graph.constants.has(name)) named(name, []);
  for (const { name } of [...graph.inputs, ...graph.outputs]) if (graph.constants.has(name)) named(name, []);

  const cutsOf = (axes: readonly (AxisSlots | undefined)[] | undefined): Cuts =>
    (axes ?? []).map((axis) => stayingOf(axis, gone));
  const nodes = graph.nodes.map((node) => {
    const shrink = ops.get(opKey(node))?.channels?.shrink;
    const inputs = node.inputs.map((_, i) => cutsOf(coupling.axesOf(node, 'input', i)));
    const outputs = node.outputs.map((_, i) => cutsOf(coupling.axesOf(node, 'output', i)));
    const touched = [...inputs, ...outputs].some((cuts) => cuts.some((indices) => indices !== undefined));
    const shrunk =
      shrink === undefined || !touched
        ? node
        : shrink(
            shrinkContext(graph, node, facts, inputs, outputs, (hint, value) => {
              const name = names.fresh(hint);
              constants.set(name, value);
              return name;
            }),
          );
    return {
      ...shrunk,
      inputs: shrunk.inputs.map((name, i) =>
        name === node.inputs[i] && graph.constants.has(name) ? named(name, inputs[i] ?? []) : name,
      ),
    };
  });
  return freezeGraph({ ...graph, nodes, constants });
}

export function stayingOf(axis: AxisSlots | undefined, gone: Gone): readonly number[] | undefined {
  if (axis === undefined) return undefined;
  const staying: number[] = [];
  for (let i = 0; i < axis.size; i++) if (!gone(axis.base + i)) staying.push(i);
  return staying.length === axis.size ? undefined : staying;
}

/** Dims of a value with these cuts. */
export const cutDims = (dims: Dims, cuts: Cuts): Dims => dims.map((d, axis) => cuts[axis]?.length ?? d);

/** The elements whose indices all stay. */
export function cut(value: TensorValue, cuts: Cuts): TensorValue {
  if (cuts.every((indices) => indices === undefined)) return value;
  let { dims } = value;
  let data = value.data as Float32Array;
  for (const [axis, indices] of cuts.entries()) {
    if (indices === undefined) continue;
    const inner = stridesOf(dims)[axis]!;
    const outer = sizeOf(dims.slice(0, axis));
    const row = dims[axis]! * inner;
    const Data = data.constructor as Float32ArrayConstructor;
    const result = new Data(outer * indices.length * inner);
    let at = 0;
    for (let o = 0; o < outer; o++)
      for (const index of indices) {
        const from = o * row + index * inner;
        result.set(data.subarray(from, from + inner), at);
        at += inner;
      }
    data = result;
    dims = dims.with(axis, indices.length);
  }
  return tensor(value.dtype, dims, data);
}

function shrinkContext(
  graph: Graph,
  node: Node,
  facts: GraphFacts,
  inputs: readonly Cuts[],
  outputs: readonly Cuts[],
  add: (hint: string, value: TensorValue) => string,
): ShrinkContext {
  const context = inferContext(graph, node, facts.of);
  const types = node.outputs.map((name) => facts.of(name)?.type ?? { dtype: 'float32' as const, dims: [] });
  return {
    ...context,
    outputs: types,
    carries: (i, axis) => inputs[i]?.[axis] !== undefined,
    fewer: {
      inputs: context.inputs.map((type, i) => type && cutDims(type.dims, inputs[i]!)),
      outputs: types.map(({ dims }, i) => cutDims(dims, outputs[i]!)),
    },
    kept: (of, index, axis) => {
      const dims = (of === 'input' ? context.inputs : types)[index]!.dims;
      return (
        (of === 'input' ? inputs : outputs)[index]![axis] ?? Array.from({ length: dims[axis]! }, (_, i) => i)
      );
    },
    constant: (i) => graph.constants.get(node.inputs[i] ?? ''),
    withInput: (given, i, value) => {
      const names = [...given.inputs];
      names[i] = add(`${node.name}/shape`, value);
      return { ...given, inputs: names };
    },
  };
}
