// Whether a planned model looks at several rows (indices of the first axis of its inputs) at once, as far as its graph tells: a
// computed value that does not grow with the number of rows, such as a sum or a scale, was made of all of them. Operators whose
// results grow like their inputs although they look across rows, such as a Softmax over the first axis, show when they are tried.
import type { ValueInfo } from '../graph/graph.js';
import { opOf } from '../ops/index.js';
import type { TensorType } from '../ops/op.js';
import { buildPlan, type NodePlan } from '../run/plan.js';
import type { GraphRunner } from '../run/runner.js';
import { own } from '../tensor/own.js';
import { sizeOf } from '../tensor/shape.js';

/** The first reason against, or null. `shapes` of the inputs, of any number of rows. */
export function lookAcrossRows(
  runner: GraphRunner,
  inputs: readonly ValueInfo[],
  shapes: Readonly<Record<string, readonly number[]>>,
): string | null {
  const planned = (rows: number) => {
    const types = inputs.map(({ name, dtype }): [string, TensorType] => [
      name,
      { dtype, dims: [rows, ...(own(shapes, name) ?? []).slice(1)] },
    ]);
    return buildPlan(runner.graph, new Map(types), { constant: () => 0 });
  };
  const [two, three] = [planned(2), planned(3)];
  if (two.cut !== undefined || three.cut !== undefined) return 'shapes inside it depend on data';
  if (two.nodes.length !== three.nodes.length) return 'its operators depend on the number of rows';
  const at = two.nodes.findIndex((node, i) => !node.folded && !growsWithRows(node, three.nodes[i]!));
  if (at < 0) return null;
  const { op, name } = two.nodes[at]!.node;
  return `${op} node '${name}' may look at several rows at once`;
}

function growsWithRows({ node, outputs }: NodePlan, more: NodePlan): boolean {
  const { random, acrossRows } = opOf(node);
  // What a body does is not looked at.
  const hasBody = Object.values(node.attributes).some(({ type }) => type === 'graph');
  if (random || acrossRows || hasBody) return false;
  return outputs.every(
    (type, i) =>
      node.outputs[i] === '' ||
      (type.container === undefined && 3 * sizeOf(type.dims) === 2 * sizeOf(more.outputs[i]!.dims)),
  );
}
