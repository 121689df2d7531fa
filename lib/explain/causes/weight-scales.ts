// One scale for all channels of weights where one for each would be much better.
import { quantizeWeights } from '../../compress/quantize/affine.js';
import { f32, toNumbers } from '../../tensor/tensor.js';
import { medianOf } from '../layer-statistics.js';
import { channelOf, type StoredWeights } from '../weights.js';
import { type Cause, type Finding, type LayerFacts, quantizedWeights } from './cause.js';

/** dB: one bit. */
const leastGain = 6;
/** dB, signal over error of weights: above it they are no cause of anything. */
const harmless = 40;

interface Gain {
  readonly sqnr: number;
  readonly perChannel: number;
}

/** dB of the usual channel's weights as they are, and with one scale a channel; undefined unless that is worth it. Channels count
 *  alike: what follows, a BatchNormalization folded or another scale, makes them as large as the others. */
function gainOf(layer: LayerFacts): Gain | undefined {
  const weights = quantizedWeights(layer);
  if (weights === undefined || weights.after.scales.length > 1) return undefined;
  const { before, after } = weights;
  const scheme = {
    bits: Math.min(8, Math.max(2, after.bits)),
    type: 'int8',
    axis: before.axis,
    minScale: () => 0,
  } as const;
  const better = quantizeWeights(f32(before.dims, before.values), scheme);
  const scales = toNumbers(better.params.scale);
  const channel = channelOf(before.dims, before.axis);
  const mended = toNumbers(better.value).map((q, i) => q * scales[scales.length === 1 ? 0 : channel(i)]!);
  const [sqnr, perChannel] = [after.values, mended].map((values) => usualSqnr(before, values));
  return perChannel! - sqnr! >= leastGain && sqnr! < harmless
    ? { sqnr: sqnr!, perChannel: perChannel! }
    : undefined;
}

/** dB; the median over the channels that have weights. */
function usualSqnr({ dims, axis, values: exact }: StoredWeights, values: Float64Array): number {
  const channel = channelOf(dims, axis);
  const [signal, noise] = [new Float64Array(dims[axis]!), new Float64Array(dims[axis]!)];
  exact.forEach((v, i) => {
    signal[channel(i)]! += v * v;
    noise[channel(i)]! += (v - values[i]!) ** 2;
  });
  return -10 * Math.log10(medianOf(noise.map((n, c) => (signal[c] === 0 ? 0 : n / signal[c]!))));
}

const isDepthwise = ({ pair, before }: LayerFacts): boolean =>
  pair.op === 'Conv' && before?.dims[1] === 1 && Number(pair.original.node?.attributes.group?.value ?? 1) > 1;

const finding = (cause: string, what: string, layer: LayerFacts, { sqnr, perChannel }: Gain): Finding => ({
  cause,
  severity: 'fault',
  layer: layer.pair.name,
  message: `Its ${what} share one scale: ${sqnr.toFixed(1)} dB of signal over rounding error in the usual channel, ${perChannel.toFixed(1)} dB with a scale for each channel.`,
  evidence: { sqnr, perChannel },
  remedy: 'Give each channel a scale of its own: quantise without --per-tensor.',
  options: [],
});

const causeFor = (
  name: string,
  summary: string,
  what: string,
  applies: (layer: LayerFacts) => boolean,
): Cause => ({
  name,
  summary,
  find: ({ layers }) =>
    layers.flatMap((layer) => {
      const gain = applies(layer) ? gainOf(layer) : undefined;
      return gain === undefined ? [] : [finding(name, what, layer, gain)];
    }),
});

export const depthwisePerTensor = causeFor(
  'depthwise-per-tensor',
  'a depthwise convolution whose filters, which differ in size by nature, share one scale',
  'depthwise filters',
  isDepthwise,
);

export const perTensorWeights = causeFor(
  'per-tensor-weights',
  'weights that would gain a bit or more from one scale a channel',
  'weights',
  (layer) => !isDepthwise(layer),
);
