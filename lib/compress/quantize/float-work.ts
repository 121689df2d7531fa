// What it costs to leave a value in float: the multiplications that its users then do in float32, by their OpDefs, and
// one pass over its elements.
import type { Feeds } from '../../calibrate/collect.js';
import { type Graph, type Node, opKey } from '../../graph/graph.js';
import { ops } from '../../ops/index.js';
import { typeOf } from '../../ops/op.js';
import { inferTypes } from '../../passes/infer-types.js';
import { sizeOf } from '../../tensor/shape.js';

/** Cost of a value at the input sizes of this sample, in multiply-accumulates; a value of unknown size costs nothing. */
export function floatWork(graph: Graph, sample: Feeds): (value: string) => number {
  const { types, known } = inferTypes(
    graph,
    new Map([...sample].map(([name, value]) => [name, typeOf(value)])),
  );
  const macs = (node: Node): number => {
    const def = ops.get(opKey(node));
    const outputs = node.outputs.flatMap((name) => types.get(name) ?? []);
    if (def === undefined || outputs.length < node.outputs.length) return 0;
    const context = {
      node,
      opset: graph.opsets[node.domain] ?? 1,
      inputs: node.inputs.map((name) => types.get(name)),
      value: (i: number) => known.get(node.inputs[i] ?? ''),
      where: `${node.op} node '${node.name}'`,
    };
    return def.cost(context, outputs).macs;
  };
  return (value) => {
    const type = types.get(value);
    // Bodies that read it compute in float whatever becomes of it.
    const users = graph.nodes.filter((node) => node.inputs.includes(value));
    return users.reduce((sum, node) => sum + macs(node), type === undefined ? 0 : sizeOf(type.dims));
  };
}
