// Layers whose weights are floating-point numbers, but not of 32 bits: they run, but nothing compresses or trains them.
import { type Graph, type Node, opKey } from '../graph/graph.js';
import { ops } from '../ops/index.js';
import type { DType } from '../tensor/dtype.js';

const otherFloats: ReadonlySet<DType> = new Set(['float16', 'bfloat16', 'float64']);

export interface OtherFloatWeights {
  readonly node: Node;
  readonly weight: string;
  readonly dtype: DType;
}

/** The first layer of this kind. */
export function otherFloatWeights({ nodes, constants }: Graph): OtherFloatWeights | undefined {
  for (const node of nodes) {
    const rule = ops.get(opKey(node))?.quantize;
    if (rule?.kind !== 'weighted') continue;
    const weight = node.inputs[rule.weight]!;
    const dtype = constants.get(weight)?.dtype;
    if (dtype !== undefined && otherFloats.has(dtype)) return { node, weight, dtype };
  }
  return undefined;
}

export const describeOtherFloats = ({ node, weight, dtype }: OtherFloatWeights): string =>
  `one in ${dtype}: node '${node.name}' (${node.op}) reads weights '${weight}' of this type. Export the model in float32`;
