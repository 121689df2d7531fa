// Where a quantised value feeds only functions that are constant beyond some bound, calibration need not cover what lies
// beyond: clamping to the bound changes nothing and makes the step smaller (HardSwish needs nothing below -3).
import type { Observer, Range } from '../../calibrate/observer.js';
import type { Graph, Node } from '../../graph/graph.js';
import { floatAttr } from '../../ops/op.js';
import { toNumbers } from '../../tensor/tensor.js';

const everything: Range = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

/** Per value with consumers of bounded interest: the range outside of which nothing can tell values apart. */
export function saturationRanges(graph: Graph): ReadonlyMap<string, Range> {
  const ranges = new Map<string, Range>();
  const widen = (name: string, range: Range): void => {
    const known = ranges.get(name) ?? range;
    ranges.set(name, { min: Math.min(known.min, range.min), max: Math.max(known.max, range.max) });
  };
  for (const node of graph.nodes) {
    const range = rangeOf(graph, node);
    node.inputs.forEach((name, i) => {
      if (name !== '') widen(name, i === 0 ? range : everything);
    });
  }
  for (const output of graph.outputs) widen(output.name, everything);
  return new Map([...ranges].filter(([, r]) => Number.isFinite(r.min) || Number.isFinite(r.max)));
}

/** The part of input 0 that the node can tell apart. */
function rangeOf(graph: Graph, node: Node): Range {
  if (node.domain !== '') return everything;
  switch (node.op) {
    case 'Relu':
      return { ...everything, min: 0 };
    case 'Clip': {
      const bound = (i: number, fallback: number): number => {
        const value = node.inputs[i] ? graph.constants.get(node.inputs[i]) : undefined;
        return value === undefined ? fallback : toNumbers(value)[0];
      };
      return { min: bound(1, everything.min), max: bound(2, everything.max) };
    }
    case 'HardSwish':
      return { ...everything, min: -3 };
    case 'HardSigmoid': {
      const alpha = floatAttr(node, 'alpha', 0.2);
      const beta = floatAttr(node, 'beta', 0.5);
      return alpha > 0 ? { min: -beta / alpha, max: (1 - beta) / alpha } : everything;
    }
    default:
      return everything;
  }
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
