// Where a quantised value feeds only functions that are constant beyond some bound, calibration need not cover what lies
// beyond: clamping to the bound changes nothing and makes the step smaller (HardSwish needs nothing below -3).
import type { Observer, Range } from '../../calibrate/observer.js';
import { type Graph, type Node, opKey } from '../../graph/graph.js';
import { usesOf } from '../../graph/uses.js';
import { ops } from '../../ops/index.js';
import type { Bounds } from '../../ops/op.js';

const everything: Range = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

/** What the operator of a node promises to quantisers. */
export const boundsOf = (graph: Graph, node: Node): Bounds =>
  ops.get(opKey(node))?.bounds?.({ node, constant: (name) => graph.constants.get(name) }) ?? {};

/** Per value with consumers of bounded interest: the range outside of which nothing can tell values apart. */
export function saturationRanges(graph: Graph): ReadonlyMap<string, Range> {
  const ranges = new Map<string, Range>();
  const widen = (name: string, range: Range): void => {
    const known = ranges.get(name) ?? range;
    ranges.set(name, { min: Math.min(known.min, range.min), max: Math.max(known.max, range.max) });
  };
  for (const node of graph.nodes) {
    const range = boundsOf(graph, node).needs ?? everything;
    // What the bodies of a node read is used too: in whatever way.
    usesOf(node).forEach((name, i) => {
      widen(name, i === 0 && name === node.inputs[0] ? range : everything);
    });
  }
  for (const output of graph.outputs) widen(output.name, everything);
  return new Map([...ranges].filter(([, r]) => Number.isFinite(r.min) || Number.isFinite(r.max)));
}

/** An observer that sees values clamped to a range. */
export const clampedObserver = (observer: Observer, range: Range): Observer => ({
  see: (values, dims) =>
    observer.see(
      values.map((v) => Math.min(Math.max(v, range.min), range.max)),
      dims,
    ),
  range: () => observer.range(),
});
