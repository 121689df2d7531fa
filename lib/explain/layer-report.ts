// What was done to each layer, and what it is worth: noise, share of the final error, time and bytes.
import type { OperatorTime } from '../bench/engine.js';
import type { Graph, Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { dtypes } from '../tensor/dtype.js';
import { constantBytes } from './costs.js';
import type { LayerPair } from './layers.js';
import { decibels, type EndMeter, type LayerNoise } from './noise.js';
import { outputQuantizer } from './quantizer.js';
import { withLayersOf } from './splice.js';
import type { Study } from './study.js';
import { type StoredWeights, weightsOf } from './weights.js';

export interface BeforeAfter {
  readonly before: number;
  readonly after: number;
}

export interface LayerReport {
  /** Of the node in the original, or of the input of the model. */
  readonly name: string;
  readonly op: string;
  /** Of the node in the compressed model; null for an input. */
  readonly twin: string | null;
  /** Bits of the weights as stored; null without weights. */
  readonly weightBits: number | null;
  /** One weight scale a channel, not one for all; null where weights have none. */
  readonly perChannel: boolean | null;
  /** Bits of the output; 32 where it stays in float. */
  readonly outputBits: number;
  /** Share of zeros among the weights; null without weights. */
  readonly zeros: number | null;
  /** Of the output; null without weights. */
  readonly channels: BeforeAfter | null;
  /** False where the output has another size than the original's: it has no noise then. */
  readonly comparable: boolean;
  /** dB, of the output as it is. Infinity when it is exact. */
  readonly sqnr: number | null;
  /** dB, of the output when the inputs of the layer are exact. */
  readonly ownSqnr: number | null;
  /** dB, at the end of the model when this layer alone is as in the compressed model. */
  readonly endSqnr: number | null;
  /** Share of what all layers alone make of noise at the end. */
  readonly share: number | null;
  /** Milliseconds of the nodes that make it up. */
  readonly milliseconds: BeforeAfter | null;
  /** Bytes of its constants. */
  readonly bytes: BeforeAfter;
}

/** One entry a layer: those that cost most at the end come first. */
export async function layerReports(
  study: Study,
  noise: ReadonlyMap<LayerPair, LayerNoise>,
  meter: EndMeter,
  operators: {
    readonly original: readonly OperatorTime[];
    readonly compressed: readonly OperatorTime[];
  } | null,
  onLayer?: (done: number, of: number) => void,
): Promise<readonly LayerReport[]> {
  const costs = await endCosts(study, noise, meter, onLayer);
  const sum = [...costs.values()].reduce((all, cost) => all + cost, 0);
  const editors = [new GraphEditor(study.original), new GraphEditor(study.compressed)] as const;
  const times = operators && {
    original: timesByName(operators.original),
    compressed: timesByName(operators.compressed),
  };
  const reports = study.pairs.map((pair): LayerReport => {
    const [a, b] = [pair.original.node, pair.compressed.node];
    const before = a && weightsOf(editors[0], a);
    const after = b && weightsOf(editors[1], b);
    const measured = noise.get(pair);
    const cost = costs.get(pair);
    const nodes = {
      original: study.pieces.original.nodesOf(pair.original.value),
      compressed: study.pieces.compressed.nodesOf(pair.compressed.value),
    };
    const spent = (which: 'original' | 'compressed'): number =>
      nodes[which].reduce((total, { name }) => total + (times![which].get(name) ?? 0), 0);
    return {
      name: pair.name,
      op: pair.op,
      twin: b?.name ?? null,
      weightBits: after?.bits ?? integerBits(study.compressed, nodes.compressed),
      perChannel: after === undefined || after.scales.length === 0 ? null : after.scales.length > 1,
      outputBits: outputQuantizer(editors[1], pair.compressed.value)?.bits ?? 32,
      zeros: after === undefined || after.bits === 1 ? null : after.zeros / after.values.length,
      channels: channelsOf(before, after),
      comparable: measured !== undefined,
      sqnr: measured?.total.sqnr ?? null,
      ownSqnr: measured?.own.sqnr ?? null,
      endSqnr: cost === undefined ? null : decibels(cost),
      share: cost === undefined ? null : sum === 0 ? 0 : cost / sum,
      milliseconds: times && { before: spent('original'), after: spent('compressed') },
      bytes: {
        before: constantBytes(study.original, nodes.original),
        after: constantBytes(study.compressed, nodes.compressed),
      },
    };
  });
  const rank = (layer: LayerReport): number => layer.share ?? -1;
  const own = (layer: LayerReport): number => layer.ownSqnr ?? Number.POSITIVE_INFINITY;
  return reports.sort((x, y) => rank(y) - rank(x) || own(x) - own(y) || 0);
}

/** Noise over signal at the end of the original with one layer of the compressed model, for each layer that has noise. */
async function endCosts(
  study: Study,
  noise: ReadonlyMap<LayerPair, LayerNoise>,
  meter: EndMeter,
  onLayer?: (done: number, of: number) => void,
): Promise<ReadonlyMap<LayerPair, number>> {
  const shown = meter.show(study.original, 'original');
  const costs = new Map<LayerPair, number>();
  let done = 0;
  for (const [pair, { own }] of noise) {
    // The same bytes with exact inputs: nothing to follow to the end.
    const cost =
      own.sqnr === Number.POSITIVE_INFINITY
        ? 0
        : await meter.measure(
            withLayersOf(shown, study.spans.compressed, study.comparable, [pair], 'compressed'),
          );
    if (!Number.isNaN(cost)) costs.set(pair, cost);
    onLayer?.(++done, noise.size);
  }
  return costs;
}

const timesByName = (times: readonly OperatorTime[]): ReadonlyMap<string, number> =>
  new Map(times.map(({ name, milliseconds }) => [name, milliseconds]));

/** Bits of the largest integer constant that is multiplied: products with scales of run time are several nodes. */
function integerBits(graph: Graph, nodes: readonly Node[]): number | null {
  const constants = nodes
    .filter(({ op }) => /^(Conv|MatMul)Integer/.test(op) || op.startsWith('DynamicQuantize'))
    .flatMap(({ inputs }) => inputs.flatMap((name) => graph.constants.get(name) ?? []))
    .filter(({ dtype }) => dtypes[dtype].integer);
  const largest = constants.sort((a, b) => b.data.length - a.data.length)[0];
  return largest === undefined ? null : dtypes[largest.dtype].bits;
}

function channelsOf(before: StoredWeights | undefined, after: StoredWeights | undefined): BeforeAfter | null {
  if (before === undefined || after === undefined) return null;
  const channels = ({ dims, axis }: StoredWeights): number => dims[(axis + dims.length) % dims.length] ?? 1;
  return { before: channels(before), after: channels(after) };
}
