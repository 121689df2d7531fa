// Both models in the form in which they can be compared layer by layer.
import type { Graph } from '../graph/graph.js';
import { typeOf } from '../ops/op.js';
import { inferTypes } from '../passes/infer-types.js';
import { cleanPasses, runPipeline } from '../passes/pipeline.js';
import { sameDims, sizeOf } from '../tensor/shape.js';
import { type Feeds, feedsFor } from './feeds.js';
import { followEqualization } from './follow-equalization.js';
import { type LayerMatch, type LayerPair, matchLayers } from './layers.js';
import { qdqForm } from './qdq-form.js';
import { Pieces } from './splice.js';

export interface Study {
  /** Cleaned (constants and BatchNormalization folded), with the factors that equalisation moved. */
  readonly original: Graph;
  /** Cleaned, integer operators raised to DequantizeLinear, operator, QuantizeLinear. */
  readonly compressed: Graph;
  readonly pairs: readonly LayerPair[];
  /** Those whose values are float32 of equal sizes: only they have noise. */
  readonly comparable: readonly LayerPair[];
  readonly match: LayerMatch['weighted'];
  /** The nodes of each layer. */
  readonly pieces: { readonly original: Pieces; readonly compressed: Pieces };
  /** The nodes between comparable values. */
  readonly spans: { readonly original: Pieces; readonly compressed: Pieces };
  /** False where too few layers correspond for a comparison layer by layer. */
  readonly sameArchitecture: boolean;
}

/** Least share of the layers with weights, of either model, that must correspond. */
const enough = 0.5;

/** `sample`: tells the sizes of values. */
export function studyOf(given: Graph, candidate: Graph, sample: Feeds): Study {
  const clean = runPipeline(cleanPasses, given);
  const compressed = runPipeline(cleanPasses, qdqForm(candidate));
  const original = followEqualization(clean, compressed, matchLayers(clean, compressed).pairs);
  const { pairs, weighted } = matchLayers(original, compressed);
  const comparable = comparablePairs(original, compressed, pairs, sample);
  const piecesBy = (bounds: readonly LayerPair[]): Study['pieces'] => ({
    original: new Pieces(original, bounds, 'original'),
    compressed: new Pieces(compressed, bounds, 'compressed'),
  });
  return {
    original,
    compressed,
    pairs,
    comparable,
    match: weighted,
    pieces: piecesBy(pairs),
    spans: piecesBy(comparable),
    sameArchitecture:
      weighted.matched >= enough * Math.max(weighted.original, weighted.compressed) && pairs.length > 0,
  };
}

function comparablePairs(
  original: Graph,
  compressed: Graph,
  pairs: readonly LayerPair[],
  sample: Feeds,
): readonly LayerPair[] {
  const [a, b] = [original, compressed].map((graph) => {
    const inputs = [...feedsFor(graph, sample)].map(([name, value]) => [name, typeOf(value)] as const);
    return inferTypes(graph, new Map(inputs)).types;
  });
  return pairs.filter((pair) => {
    const [x, y] = [a!.get(pair.original.value), b!.get(pair.compressed.value)];
    return x?.dtype === 'float32' && y?.dtype === 'float32' && sizeOf(x.dims) > 0 && sameDims(x.dims, y.dims);
  });
}
