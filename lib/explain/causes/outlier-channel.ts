// One channel of weights far larger than the others: what shares its scale is rounded to few steps.
import { medianOf, reachOf } from '../layer-statistics.js';
import { channelOf, type StoredWeights } from '../weights.js';
import { type Cause, type Finding, factorText, type LayerFacts, quantizedWeights } from './cause.js';

/** Four bits: with less than 16 of 256 steps, the usual channel is stored as if by a 4-bit quantiser. */
const leastSteps = 16;
/** The same ratio: an outlier that leaves the others at least 4 of 8 bits is no cause of its own. */
const outlier = 16;

export const outlierChannel: Cause = {
  name: 'outlier-channel',
  summary:
    'one channel is so much larger than the others that they are left few steps of a scale that all share',
  find: ({ layers }) => layers.flatMap((layer) => inWeights(layer) ?? inOutput(layer) ?? []),
};

function inWeights(layer: LayerFacts): Finding | undefined {
  const weights = quantizedWeights(layer);
  if (weights === undefined || weights.after.scales.length > 1) return undefined;
  const reach = channelReach(weights.before);
  const { channel, ratio, median } = largest(reach);
  const steps = median / weights.after.scales[0]!;
  const all = 2 ** (weights.after.bits - 1) - 1;
  if (ratio < outlier || steps >= Math.min(leastSteps, all)) return undefined;
  return {
    cause: outlierChannel.name,
    severity: 'fault',
    layer: layer.pair.name,
    message: `The weights of channel ${channel} reach ${factorText(ratio)} times as far as the usual channel's, and all share one scale: the usual channel is left ${factorText(steps)} of ${all} steps.`,
    evidence: { channel, ratio, steps, of: all },
    remedy: 'Give each channel a scale of its own: quantise without --per-tensor.',
    options: [],
  };
}

/** Outputs have one scale for all channels, whatever the weights have. */
function inOutput(layer: LayerFacts): Finding | undefined {
  const { before, statistics, quantizer, pair } = layer;
  if (before === undefined || statistics === undefined || quantizer === undefined) return undefined;
  const weights = largest(channelReach(before));
  const output = largest(Float64Array.from(statistics.channels, reachOf));
  const steps = output.median / quantizer.scale;
  if (
    Math.min(weights.ratio, output.ratio) < outlier ||
    weights.channel !== output.channel ||
    steps >= leastSteps
  )
    return undefined;
  return {
    cause: outlierChannel.name,
    severity: 'fault',
    layer: pair.name,
    message: `Channel ${weights.channel} has weights ${factorText(weights.ratio)} times and outputs ${factorText(output.ratio)} times as large as the usual channel's; its output has one scale, which leaves the usual channel ${factorText(steps)} of ${quantizer.steps} steps.`,
    evidence: {
      channel: weights.channel,
      ratio: weights.ratio,
      outputRatio: output.ratio,
      steps,
      of: quantizer.steps,
    },
    remedy:
      'Keep its output in float, or move the factor into the layer behind (equalisation, where that is depthwise).',
    options: [`--exclude-names ${pair.name}`],
  };
}

function channelReach(weights: StoredWeights): Float64Array {
  const reach = new Float64Array(weights.dims[weights.axis]!);
  const channel = channelOf(weights.dims, weights.axis);
  weights.values.forEach((v, i) => {
    const c = channel(i);
    reach[c] = Math.max(reach[c]!, Math.abs(v));
  });
  return reach;
}

function largest(reach: Float64Array): { channel: number; ratio: number; median: number } {
  const channel = reach.reduce((best, v, c) => (v > reach[best]! ? c : best), 0);
  const median = medianOf(reach);
  return { channel, ratio: median === 0 ? 1 : reach[channel]! / median, median };
}
