// What the detectors of causes ask about the values of a layer: how the original's are spread, channel by channel, and what
// the layer itself does to them.
import { Histogram } from '../calibrate/histogram.js';
import { type Node, opKey } from '../graph/graph.js';
import { ops } from '../ops/index.js';
import { type TensorValue, toNumbers } from '../tensor/tensor.js';
import type { LayerPair } from './layers.js';
import type { LayerWatcher } from './noise.js';

/** Of one output channel; "given": what the compressed layer makes of exact inputs. */
export interface ChannelStatistics {
  count: number;
  min: number;
  max: number;
  /** Sum of squares. */
  signal: number;
  givenMin: number;
  givenMax: number;
  /** Sums of the error and of its square. */
  error: number;
  noise: number;
}

const empty = (): ChannelStatistics => ({
  count: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  signal: 0,
  givenMin: Number.POSITIVE_INFINITY,
  givenMax: Number.NEGATIVE_INFINITY,
  error: 0,
  noise: 0,
});

export interface LayerStatistics {
  /** Of the original's values, and of the compressed model's. */
  readonly histogram: Histogram;
  readonly compressed: Histogram;
  /** Those of the weights; of a layer without weights along axis 1 of [N,C,spatial...], else along the last. */
  readonly channels: readonly ChannelStatistics[];
}

export class StatisticsWatcher implements LayerWatcher {
  readonly layers = new Map<LayerPair, LayerStatistics & { readonly channels: ChannelStatistics[] }>();

  see(pair: LayerPair, original: TensorValue, compressed: TensorValue, own: TensorValue): void {
    const { dims } = original;
    const axis = channelAxis(pair.original.node, dims.length);
    const count = dims[axis] ?? 1;
    const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
    const entry = this.layers.get(pair) ?? {
      histogram: new Histogram(),
      compressed: new Histogram(),
      channels: [],
    };
    this.layers.set(pair, entry);
    entry.histogram.add(original.data as Float32Array);
    entry.compressed.add(compressed.data as Float32Array);
    // Sizes may change from sample to sample, along the last axis of matrices: then channels are no channels.
    while (entry.channels.length < count) entry.channels.push(empty());
    const [exact, given] = [toNumbers(original), toNumbers(own)];
    for (let start = 0, c = 0; start < exact.length; start += inner, c = (c + 1) % count)
      addRun(entry.channels[c]!, exact, given, start, start + inner);
  }
}

function channelAxis(node: Node | undefined, rank: number): number {
  const rule = node && ops.get(opKey(node))?.quantize;
  if (rule?.kind === 'weighted') return rule.outputAxis(rank);
  return rank >= 3 ? 1 : rank - 1;
}

function addRun(
  channel: ChannelStatistics,
  exact: Float64Array,
  given: Float64Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const [x, y] = [exact[i]!, given[i]!];
    const error = y - x;
    channel.signal += x * x;
    channel.error += error;
    channel.noise += error * error;
    if (x < channel.min) channel.min = x;
    if (x > channel.max) channel.max = x;
    if (y < channel.givenMin) channel.givenMin = y;
    if (y > channel.givenMax) channel.givenMax = y;
  }
  channel.count += to - from;
}

/** Largest magnitude of the original's values. */
export const reachOf = ({ min, max }: ChannelStatistics): number => Math.max(-min, max, 0);

export const rmsOf = ({ signal, count }: ChannelStatistics): number => Math.sqrt(signal / Math.max(1, count));

/** The middle one of the values above 0; 0 when there is none. */
export function medianOf(values: Iterable<number>): number {
  const sorted = [...values].filter((v) => v > 0).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
