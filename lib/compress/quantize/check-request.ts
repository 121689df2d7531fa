// What quantize refuses before it calibrates: models that are quantised already.
import { KompaktError } from '../../errors.js';
import type { Graph, Node } from '../../graph/graph.js';
import type { DType } from '../../tensor/dtype.js';
import type { Selection } from './selection.js';

const storedTypes: ReadonlySet<DType> = new Set(['int8', 'uint8', 'int4', 'uint4']);

/** A node that reads weights of 8 bits or less, and these. One-bit layers are none: what is beside them may be quantised. */
export function integerWeights(
  graph: Graph,
): { readonly node: Node; readonly weight: string; readonly dtype: DType } | undefined {
  for (const node of graph.nodes) {
    if (node.domain === 'ai.kompakt') continue;
    for (const weight of node.inputs) {
      const value = graph.constants.get(weight);
      if (value !== undefined && value.dims.length > 1 && storedTypes.has(value.dtype))
        return { node, weight, dtype: value.dtype };
    }
  }
  return undefined;
}

/** Throws KPT_OPTION_INVALID where nothing is left to be quantised. */
export function requireFloatLayers(graph: Graph, { layers }: Selection): void {
  if (layers.length > 0) return;
  const found = integerWeights(graph);
  if (found !== undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Expected a model with layers in float32 for quantize but received one that is quantised already: node '${found.node.name}' (${found.node.op}) reads weights '${found.weight}' of type ${found.dtype}. Quantise the float32 model that it was made from; this one is run and explained as it is.`,
      { node: found.node.name },
    );
}
