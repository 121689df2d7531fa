// Max-norm: the weights that lead to one output together are no longer than a limit (Srivastava et al. 2014, JMLR 15, section 5.1),
// to which they are projected after each update.
import type { Graph, Node } from '../graph/graph.js';
import { opOf } from '../ops/index.js';
import { intsAttr } from '../ops/op.js';
import { type Dims, sizeOf } from '../tensor/shape.js';
import { isMover } from './plain-weights.js';

/** Shortens what is longer than `most` along each index of `axis`; whether anything was. Sums are float64. */
export function limitNorms(values: Float32Array, dims: Dims, axis: number, most: number): boolean {
  const count = dims[axis]!;
  const inner = sizeOf(dims.slice(axis + 1));
  const outer = sizeOf(dims.slice(0, axis));
  let changed = false;
  for (let index = 0; index < count; index++) {
    let square = 0;
    for (let o = 0; o < outer; o++) {
      const from = (o * count + index) * inner;
      for (let i = from; i < from + inner; i++) square += values[i]! * values[i]!;
    }
    if (!(square > most * most)) continue;
    changed = true;
    const factor = most / Math.sqrt(square);
    for (let o = 0; o < outer; o++) {
      const from = (o * count + index) * inner;
      for (let i = from; i < from + inner; i++) values[i] = values[i]! * factor;
    }
  }
  return changed;
}

/** The axis of outputs of a weight, as the operator that it comes to says, also through others that take nothing but constants
 *  (fake quantisation, signs, Transpose); 0 where none says so. */
export function outputAxis({ nodes, constants }: Graph, weight: string): number {
  const { dims } = constants.get(weight)!;
  /** Axes of the weight, in the order in which a value made of it has them. */
  const derived = new Map([[weight, [...dims.keys()]]]);
  for (const node of nodes) {
    const at = node.inputs.findIndex((name) => derived.has(name));
    if (at < 0) continue;
    const axes = derived.get(node.inputs[at]!)!;
    const { quantize } = opOf(node);
    if (quantize.kind === 'weighted' && quantize.weight === at)
      return axes[quantize.axis({ node, weightDims: axes.map((axis) => dims[axis]!) })]!;
    const isFixed = node.inputs.every((name) => name === '' || derived.has(name) || constants.has(name));
    const own = isFixed ? axesBehind(node, axes) : undefined;
    if (own !== undefined) for (const name of node.outputs) derived.set(name, own);
  }
  return 0;
}

/** Undefined where the axes are others. */
function axesBehind(node: Node, axes: number[]): number[] | undefined {
  if (!isMover(node) || node.op === 'Identity') return axes;
  if (node.op !== 'Transpose') return undefined;
  return intsAttr(node, 'perm')?.map((axis) => axes[axis]!) ?? axes.toReversed();
}
