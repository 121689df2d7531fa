// What a rule cannot see: shapes that the graph computes by itself. The smaller graph is inferred, and must have the shapes that
// were meant.
import type { Graph, Node } from '../../graph/graph.js';
import { producersOf } from '../../graph/order.js';
import { describeNode } from '../../run/inference.js';
import { isFloat } from '../../tensor/dtype.js';
import { type Dims, sameDims } from '../../tensor/shape.js';
import type { TensorValue } from '../../tensor/tensor.js';
import type { Coupling } from './coupling.js';
import { factsOf, type GraphFacts } from './facts.js';
import { cutDims, type Gone, stayingOf } from './shrink.js';

/** Nodes through which no channel may be lost, each with the reason: the first that does not come out as it was meant, with the
 *  arithmetic that leads to it. Empty where all is well. */
export function misfitsOf(
  graph: Graph,
  facts: GraphFacts,
  coupling: Coupling,
  gone: Gone,
  smaller: Graph,
  shapes: ReadonlyMap<string, Dims>,
): ReadonlyMap<string, string> {
  const failed = new Set<string>();
  const now = factsOf(smaller, shapes, (node) => failed.add(node.name));
  const meant = (node: Node, i: number): Dims => {
    const cuts = coupling.axesOf(node, 'output', i)?.map((axis) => stayingOf(axis, gone)) ?? [];
    return cutDims(facts.of(node.outputs[i]!)!.type.dims, cuts);
  };
  const fits = (node: Node): boolean =>
    !failed.has(node.name) &&
    node.outputs.every((name, i) => {
      const [before, after] = [facts.of(name), now.of(name)];
      if (name === '' || before === undefined || !isFloat(before.type.dtype)) return true;
      if (after === undefined || !sameDims(after.type.dims, meant(node, i))) return false;
      return before.value === undefined || sameNumbers(before.value, after.value);
    });
  const misfit = graph.nodes.find((node) => !fits(node));
  if (misfit === undefined) return new Map();
  const why = `${describeNode(misfit)} depends on a shape that the model computes`;
  const producers = producersOf(graph.nodes);
  const held = new Map([[misfit.name, why]]);
  const pending = [misfit];
  for (const node of pending)
    for (const name of node.inputs) {
      const maker = producers.get(name);
      if (maker === undefined || held.has(maker.name) || !facts.known.has(maker)) continue;
      held.set(maker.name, why);
      pending.push(maker);
    }
  return held;
}

function sameNumbers(a: TensorValue, b: TensorValue | undefined): boolean {
  return b !== undefined && a.data.every((v: unknown, i: number) => Object.is(v, b.data[i]));
}
