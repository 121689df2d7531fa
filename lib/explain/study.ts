// Both models in the form in which they can be compared layer by layer.
import type { Graph } from '../graph/graph.js';
import { type TensorType, typeOf } from '../ops/op.js';
import { inferTypes } from '../passes/infer-types.js';
import { cleanPasses, runPipeline } from '../passes/pipeline.js';
import { type DType, isFloat } from '../tensor/dtype.js';
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
  /** Those whose values are floats of one type and of equal sizes: only they have noise. */
  readonly comparable: readonly LayerPair[];
  /** Element types of the compressed model's values. */
  readonly types: ReadonlyMap<string, DType>;
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
  const [before, after] = [typesOf(original, sample), typesOf(compressed, sample)];
  const comparable = comparablePairs(before, after, pairs);
  const piecesBy = (bounds: readonly LayerPair[]): Study['pieces'] => ({
    original: new Pieces(original, bounds, 'original'),
    compressed: new Pieces(compressed, bounds, 'compressed'),
  });
  return {
    original,
    compressed,
    pairs,
    comparable,
    types: new Map([...after].map(([name, { dtype }]) => [name, dtype])),
    match: weighted,
    pieces: piecesBy(pairs),
    spans: piecesBy(comparable),
    sameArchitecture:
      weighted.matched >= enough * Math.max(weighted.original, weighted.compressed) && pairs.length > 0,
  };
}

type Types = ReadonlyMap<string, TensorType>;

function typesOf(graph: Graph, sample: Feeds): Types {
  const inputs = [...feedsFor(graph, sample)].map(([name, value]) => [name, typeOf(value)] as const);
  return inferTypes(graph, new Map(inputs)).types;
}

const comparablePairs = (before: Types, after: Types, pairs: readonly LayerPair[]): readonly LayerPair[] =>
  pairs.filter(({ original, compressed }) => {
    const [x, y] = [before.get(original.value), after.get(compressed.value)];
    if (x === undefined || y === undefined || x.dtype !== y.dtype) return false;
    return isFloat(x.dtype) && sizeOf(x.dims) > 0 && sameDims(x.dims, y.dims);
  });
