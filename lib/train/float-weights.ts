// Layers whose weights are floating-point numbers, but not of 32 bits: they run, but nothing compresses or trains them.
import { KompaktError } from '../errors.js';
import { type Graph, type Node, opKey } from '../graph/graph.js';
import { ops } from '../ops/index.js';
import type { DType } from '../tensor/dtype.js';

const otherFloats: ReadonlySet<DType> = new Set(['float16', 'bfloat16', 'float64']);

interface Found {
  readonly node: Node;
  readonly weight: string;
  readonly dtype: DType;
}

/** The first layer of this kind. */
function otherFloatWeights({ nodes, constants }: Graph): Found | undefined {
  for (const node of nodes) {
    const rule = ops.get(opKey(node))?.quantize;
    if (rule?.kind !== 'weighted') continue;
    const weight = node.inputs[rule.weight]!;
    const dtype = constants.get(weight)?.dtype;
    if (dtype !== undefined && otherFloats.has(dtype)) return { node, weight, dtype };
  }
  return undefined;
}

/** KPT_OPTION_INVALID for a model with such a layer. `wanted`: what it should have, as in 'weights in float32 to prune'. */
export function errorOfOtherFloats(graph: Graph, wanted: string): KompaktError | undefined {
  const found = otherFloatWeights(graph);
  if (found === undefined) return undefined;
  const { node, weight, dtype } = found;
  return new KompaktError(
    'KPT_OPTION_INVALID',
    `Expected a model with ${wanted} but received one in ${dtype}: node '${node.name}' (${node.op}) reads weights '${weight}' of this type. Export the model in float32.`,
    { node: node.name },
  );
}
