// Post-training quantisation: clean the graph, choose layers, calibrate, write QuantizeLinear and DequantizeLinear.
// Source: Jacob et al. 2018, arXiv:1712.05877; Nagel et al. 2021, arXiv:2106.08295, section 3.
import { collect, type Feeds, type Watcher } from '../../calibrate/collect.js';
import { calibrators } from '../../calibrate/index.js';
import type { Observer, Range } from '../../calibrate/observer.js';
import { KompaktError } from '../../errors.js';
import type { Graph, Node } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { cleanPasses, runPipeline } from '../../passes/pipeline.js';
import { parseOptions } from '../../session/parse-options.js';
import { type ActivationParams, type ActivationScheme, activationParams, levelsOf } from './affine.js';
import type { ChannelMeans } from './bias-correction.js';
import { type BitWidths, bitWidths } from './bit-widths.js';
import { requireExclusions, requireFloatLayers } from './check-request.js';
import { equalize } from './equalize.js';
import { type Gram, gramGraph } from './gram.js';
import type { Groups } from './groups.js';
import { type Inserted, insertQdq, type LayerReport } from './insert-qdq.js';
import { gramWatchers, meanWatchers } from './layer-watchers.js';
import { type CompleteQuantizeOptions, type QuantizeOptions, quantizeOptions } from './options.js';
import { boundsOf, clampedObserver, saturationRanges } from './saturation.js';
import { selectLayers } from './select-layers.js';
import type { Layer, Selection } from './selection.js';
import { type MakeExecutor, sensitiveValues } from './sensitivity.js';

/** Samples on which sensitivity is measured; they are kept in memory. */
const sensitivitySamples = 4;

/** What quantize needs besides options. */
export interface QuantizeContext {
  /** Calibration samples: model inputs by name. */
  readonly data: AsyncIterable<Feeds> | Iterable<Feeds>;
  /** Makes a runner of a graph that answers with all its outputs. */
  readonly executor: MakeExecutor;
  readonly progress?: (samples: number) => void;
  readonly signal?: AbortSignal;
}

export interface QuantizeReport {
  readonly samples: number;
  readonly layers: readonly LayerReport[];
  /** Nodes that stay in float, with their operators. */
  readonly float: readonly { readonly name: string; readonly op: string }[];
  /** Values that stay in float for the sake of accuracy (option keepSqnr). */
  readonly keptValues: readonly string[];
  readonly weightBytesBefore: number;
  readonly weightBytesAfter: number;
}

export interface Quantized {
  readonly model: Graph;
  readonly report: QuantizeReport;
  /** Weights and biases as they were before they were rounded. */
  readonly origins: Inserted['origins'];
}

/**
 * Quantises a model.
 * Throws: KPT_OPTION_INVALID, KPT_CALIBRATION_EMPTY, KPT_CALIBRATION_VALUES, KPT_ABORTED.
 */
export async function quantize(
  model: Graph,
  options: QuantizeOptions,
  context: QuantizeContext,
): Promise<Quantized> {
  const complete = parseOptions(quantizeOptions, options, 'quantize');
  const clean = runPipeline(cleanPasses, model);
  requireExclusions(complete, model, clean);
  const graph = complete.equalize ? equalize(clean) : clean;
  const { head, all } = await peek(context.data, complete.keepSqnr === null ? 1 : sensitivitySamples);
  const everything = selectLayers(graph, head[0]!, exclusion(complete));
  requireFloatLayers(graph, everything);
  const widths = bitWidths(graph, everything, complete);
  const calibrated = await calibrate(graph, everything, widths, complete, { ...context, data: all });
  const { params, means, grams, samples } = calibrated;
  const { executor } = context;
  const kept =
    complete.keepSqnr === null
      ? new Set<string>()
      : await sensitiveValues({
          graph,
          ...everything,
          params,
          samples: head,
          executor,
          target: complete.keepSqnr,
        });
  const selection =
    kept.size === 0 ? everything : withKept(graph, head[0]!, exclusion(complete), kept, params);
  const inserted = insertQdq(graph, selection, params, {
    ...complete,
    activations: schemeOf(complete, 8),
    widths,
    means,
    grams,
  });
  const integer = new Set(selection.layers.flatMap((l) => [l.node.name, ...l.clamps.map((c) => c.name)]));
  const total = (key: 'weightBytesBefore' | 'weightBytesAfter'): number =>
    inserted.layers.reduce((sum, layer) => sum + layer[key], 0);
  const report = {
    samples,
    layers: inserted.layers,
    float: graph.nodes.filter((n) => !integer.has(n.name)).map(({ name, op }) => ({ name, op })),
    keptValues: [...kept],
    weightBytesBefore: total('weightBytesBefore'),
    weightBytesAfter: total('weightBytesAfter'),
  };
  return { model: inserted.graph, report, origins: inserted.origins };
}

const schemeOf = (
  { activationType, symmetric }: CompleteQuantizeOptions,
  bits: number,
): ActivationScheme => ({ type: activationType, symmetric, bits });

/** Scale and zero point of every value to quantise, and channel means, from the calibration data. */
async function calibrate(
  graph: Graph,
  { groups, layers }: Selection,
  widths: BitWidths,
  options: CompleteQuantizeOptions,
  context: QuantizeContext,
): Promise<{
  readonly params: ReadonlyMap<string, ActivationParams>;
  readonly means: ReadonlyMap<string, ChannelMeans>;
  readonly grams: ReadonlyMap<string, Gram>;
  readonly samples: number;
}> {
  const ranges = knownRanges(graph, groups);
  const observers = observersFor(graph, groups, widths, ranges, options);
  const means = new Map<string, ChannelMeans>();
  const mean = options.biasCorrection ? meanWatchers(graph, layers, means) : [];
  const grams = new Map<string, Gram>();
  const byError = layers.filter((layer) => roundsByError(layer, widths, options));
  const rowWatchers =
    byError.length === 0
      ? []
      : gramWatchers(graph, byError, grams, options.samples, await context.executor(gramGraph()));
  const watchers: (readonly [string, Watcher])[] = [...observers, ...mean, ...rowWatchers];
  const execute = await context.executor(withOutputs(graph, [...new Set(watchers.map(([name]) => name))]));
  const samples = await collect({
    samples: context.data,
    observers: watchers,
    limit: options.samples,
    execute: async (feeds) => new Map([...feeds, ...(await execute(feeds))]),
    ...(context.progress && { progress: context.progress }),
    ...(context.signal && { signal: context.signal }),
  });
  for (const [value, observer] of observers) widen(ranges, groups.representative(value), observer.range());
  const params = new Map(
    [...groups.values].map((value) => [
      value,
      activationParams(
        ranges.get(groups.representative(value))!,
        schemeOf(options, widths.ofActivation(value)),
      ),
    ]),
  );
  return { params, means, grams, samples };
}

/** The choice of layers with some values in float. A node that goes may uncover values that were never calibrated, such as
 *  a matrix product under its bias: those stay in float too. */
function withKept(
  graph: Graph,
  inputs: Feeds,
  excluded: (node: Node) => boolean,
  kept: ReadonlySet<string>,
  params: ReadonlyMap<string, ActivationParams>,
): Selection {
  const selection = selectLayers(graph, inputs, excluded, kept);
  const uncovered = [...selection.groups.values].filter((value) => !params.has(value));
  if (uncovered.length === 0) return selection;
  return withKept(graph, inputs, excluded, new Set([...kept, ...uncovered]), params);
}

/** The first samples, at most `count`, and all samples including them. */
async function peek(
  data: QuantizeContext['data'],
  count: number,
): Promise<{ head: readonly Feeds[]; all: AsyncIterable<Feeds> }> {
  const iterator = Symbol.asyncIterator in data ? data[Symbol.asyncIterator]() : data[Symbol.iterator]();
  const head: Feeds[] = [];
  while (head.length < count) {
    const next = await iterator.next();
    if (next.done) break;
    head.push(next.value);
  }
  if (head.length === 0)
    throw new KompaktError('KPT_CALIBRATION_EMPTY', 'The calibration data holds no sample.');
  async function* all(): AsyncIterable<Feeds> {
    try {
      yield* head;
      for (;;) {
        const next = await iterator.next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head, all: all() };
}

function exclusion({ exclude }: CompleteQuantizeOptions): (node: Node) => boolean {
  const names = new Set(exclude.names);
  const types = new Set(exclude.types);
  const patterns = exclude.patterns.map((text) => new RegExp(text));
  return ({ name, op }) => names.has(name) || types.has(op) || patterns.some((p) => p.test(name));
}

function knownRanges(graph: Graph, groups: Groups): Map<string, Range> {
  const ranges = new Map<string, Range>();
  for (const node of graph.nodes) {
    const range = boundsOf(graph, node).gives;
    if (range !== undefined && groups.has(node.outputs[0]))
      widen(ranges, groups.representative(node.outputs[0]), range);
  }
  return ranges;
}

/** Whether the weights of a layer are rounded by what its products err. */
const roundsByError = (layer: Layer, widths: BitWidths, { rounding }: CompleteQuantizeOptions): boolean =>
  layer.weight !== null && (rounding === 'gptq' || (rounding === 'auto' && widths.ofWeights(layer) < 8));

function widen(ranges: Map<string, Range>, representative: string, range: Range): void {
  const { min, max } = ranges.get(representative) ?? range;
  ranges.set(representative, { min: Math.min(min, range.min), max: Math.max(max, range.max) });
}

/** One observer for each quantised value whose range is not known yet. */
function observersFor(
  graph: Graph,
  groups: Groups,
  widths: BitWidths,
  ranges: ReadonlyMap<string, Range>,
  { calibrator, symmetric }: CompleteQuantizeOptions,
): Map<string, Observer> {
  const chosen = calibrators.find((c) => c.name === calibrator)!;
  const saturation = saturationRanges(graph);
  const observers = new Map<string, Observer>();
  for (const value of groups.values) {
    if (ranges.has(groups.representative(value))) continue;
    const range = saturation.get(value);
    const levels = levelsOf({ bits: widths.ofActivation(value), symmetric });
    const observer = chosen.create({ levels, symmetric });
    observers.set(value, range === undefined ? observer : clampedObserver(observer, range));
  }
  return observers;
}

/** The graph with these values as its outputs; graph inputs among them are left out. */
function withOutputs(graph: Graph, names: readonly string[]): Graph {
  const inputs = new Set(graph.inputs.map((input) => input.name));
  const wanted = names.filter((name) => !inputs.has(name));
  const outputs = wanted.map((name) => ({ name, dtype: 'float32' as const, dims: null }));
  return new GraphEditor({ ...graph, outputs: outputs.length > 0 ? outputs : graph.outputs }).finish();
}
