// Post-training quantisation: clean the graph, choose layers, calibrate, write QuantizeLinear and DequantizeLinear.
import { collect, type Executor, type Feeds } from '../../calibrate/collect.js';
import { calibrators } from '../../calibrate/index.js';
import type { Observer, Range } from '../../calibrate/observer.js';
import { KompaktError } from '../../errors.js';
import type { Graph, Node } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { cleanPasses, runPipeline } from '../../passes/pipeline.js';
import { type Method, parseOptions } from '../method.js';
import { ChannelMeans } from './bias-correction.js';
import type { Groups } from './groups.js';
import { insertQdq, type LayerReport } from './insert-qdq.js';
import { type CompleteQuantizeOptions, type QuantizeOptions, quantizeOptions } from './options.js';
import { clampedObserver, saturationRanges } from './saturation.js';
import { type Layer, selectLayers } from './select-layers.js';

export const quantizeMethod: Method = {
  name: 'quantize',
  summary: 'static INT8 post-training quantisation: 8-bit activations per tensor, 8-bit weights per channel',
  source:
    'Jacob et al. 2018, arXiv:1712.05877; Nagel et al. 2021, arXiv:2106.08295, section 3; ranges by lib/calibrate',
  options: quantizeOptions,
};

/** What quantize needs besides options. */
export interface QuantizeContext {
  /** Calibration samples: model inputs by name. */
  readonly data: AsyncIterable<Feeds> | Iterable<Feeds>;
  /** Makes a runner of a graph that answers with all its outputs. */
  readonly executor: (graph: Graph) => Promise<Executor>;
  readonly progress?: (samples: number) => void;
  readonly signal?: AbortSignal;
}

export interface QuantizeReport {
  readonly samples: number;
  readonly layers: readonly LayerReport[];
  /** Nodes that stay in float, with their operators. */
  readonly float: readonly { readonly name: string; readonly op: string }[];
  readonly weightBytesBefore: number;
  readonly weightBytesAfter: number;
}

/**
 * Quantises a model.
 * Throws: KPT_OPTION_INVALID, KPT_CALIBRATION_EMPTY, KPT_CALIBRATION_VALUES, KPT_ABORTED.
 */
export async function quantize(
  model: Graph,
  options: QuantizeOptions,
  context: QuantizeContext,
): Promise<{ readonly model: Graph; readonly report: QuantizeReport }> {
  const complete = parseOptions(quantizeOptions, options, quantizeMethod.name);
  const graph = runPipeline(cleanPasses, model);
  const { first, all } = await peek(context.data);
  const selection = selectLayers(graph, first, exclusion(complete));

  const ranges = knownRanges(graph, selection.groups);
  const observers = observersFor(graph, selection.groups, ranges, complete);
  const means = complete.biasCorrection ? meansFor(selection.layers) : new Map<string, ChannelMeans>();
  const execute = await context.executor(
    withOutputs(graph, [...new Set([...observers.keys(), ...means.keys()])]),
  );
  const samples = await collect({
    samples: all,
    observers: [...observers, ...means],
    limit: complete.samples,
    execute: async (feeds) => new Map([...feeds, ...(await execute(feeds))]),
    ...(context.progress && { progress: context.progress }),
    ...(context.signal && { signal: context.signal }),
  });
  for (const [value, observer] of observers)
    widen(ranges, selection.groups.representative(value), observer.range());

  const inserted = insertQdq(graph, selection, ranges, {
    activations: { type: complete.activationType, symmetric: complete.symmetric },
    weightBits: complete.weightBits,
    perChannel: complete.perChannel,
    means,
  });
  const integer = new Set(selection.layers.flatMap((l) => [l.node.name, ...l.clamps.map((c) => c.name)]));
  const total = (key: 'weightBytesBefore' | 'weightBytesAfter'): number =>
    inserted.layers.reduce((sum, layer) => sum + layer[key], 0);
  const report = {
    samples,
    layers: inserted.layers,
    float: graph.nodes.filter((n) => !integer.has(n.name)).map(({ name, op }) => ({ name, op })),
    weightBytesBefore: total('weightBytesBefore'),
    weightBytesAfter: total('weightBytesAfter'),
  };
  return { model: inserted.graph, report };
}

/** The first sample, for input shapes, and all samples including it. */
async function peek(data: QuantizeContext['data']): Promise<{ first: Feeds; all: AsyncIterable<Feeds> }> {
  const iterator = Symbol.asyncIterator in data ? data[Symbol.asyncIterator]() : data[Symbol.iterator]();
  const head = await iterator.next();
  if (head.done) throw new KompaktError('KPT_CALIBRATION_EMPTY', 'The calibration data holds no sample.');
  async function* all(): AsyncIterable<Feeds> {
    try {
      yield head.value;
      for (;;) {
        const next = await iterator.next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { first: head.value, all: all() };
}

function exclusion({ exclude }: CompleteQuantizeOptions): (node: Node) => boolean {
  const names = new Set(exclude.names);
  const types = new Set(exclude.types);
  const patterns = exclude.patterns.map((text) => new RegExp(text));
  return ({ name, op }) => names.has(name) || types.has(op) || patterns.some((p) => p.test(name));
}

/** Outputs that lie in a range by definition; 255/256 makes the scale 1/256, which onnxruntime asks of Softmax. */
const boundedOutputs: ReadonlyMap<string, Range> = new Map([
  ['HardSigmoid', { min: 0, max: 1 }],
  ['Sigmoid', { min: 0, max: 1 }],
  ['Softmax', { min: 0, max: 255 / 256 }],
]);

function knownRanges(graph: Graph, groups: Groups): Map<string, Range> {
  const ranges = new Map<string, Range>();
  for (const node of graph.nodes) {
    const range = node.domain === '' ? boundedOutputs.get(node.op) : undefined;
    if (range !== undefined && groups.has(node.outputs[0]))
      widen(ranges, groups.representative(node.outputs[0]), range);
  }
  return ranges;
}

/** Watches the inputs of layers whose biases can be corrected. */
function meansFor(layers: readonly Layer[]): Map<string, ChannelMeans> {
  const means = new Map<string, ChannelMeans>();
  for (const { node, weight, activations } of layers)
    if (weight !== null && weight.bias !== null) means.set(node.inputs[activations[0]], new ChannelMeans());
  return means;
}

function widen(ranges: Map<string, Range>, representative: string, range: Range): void {
  const { min, max } = ranges.get(representative) ?? range;
  ranges.set(representative, { min: Math.min(min, range.min), max: Math.max(max, range.max) });
}

/** One observer for each quantised value whose range is not known yet. */
function observersFor(
  graph: Graph,
  groups: Groups,
  ranges: ReadonlyMap<string, Range>,
  { calibrator, symmetric }: CompleteQuantizeOptions,
): Map<string, Observer> {
  const chosen = calibrators.find((c) => c.name === calibrator)!;
  const shape = { levels: symmetric ? 255 : 256, symmetric };
  const saturation = saturationRanges(graph);
  const observers = new Map<string, Observer>();
  for (const value of groups.values) {
    if (ranges.has(groups.representative(value))) continue;
    const range = saturation.get(value);
    const observer = chosen.create(shape);
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
