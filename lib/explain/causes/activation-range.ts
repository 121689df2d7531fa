// Ranges of activations that do not fit the values: too narrow or too wide. Both are judged by what the best range for these
// values would gain.
import { clippingOf, mseRange } from '../../calibrate/mse.js';
import { type Cause, type Finding, factorText, type LayerFacts, shareText } from './cause.js';

/** dB: one bit of the eight. What calibrators differ by is less. */
const leastGain = 6;
/** dB: above it the rounding of a value hardly shows at the end. */
const harmless = 35;

export interface RangeFacts {
  /** dB that the range of least squared error gains over the one of the file. */
  readonly gain: number;
  /** dB, signal over the error of rounding and clipping. */
  readonly sqnr: number;
  /** Share of the error that clipping makes. */
  readonly ofClipping: number;
  /** Share of the values outside, and how far the farthest is: times the bound on its side. */
  readonly clipped: number;
  readonly beyond: number;
  /** Steps that all but one in a thousand of the values use. */
  readonly usedSteps: number;
  readonly min: number;
  readonly max: number;
  readonly bestMin: number;
  readonly bestMax: number;
}

export function rangeFacts({ quantizer, statistics }: LayerFacts): RangeFacts | undefined {
  if (quantizer === undefined || statistics === undefined || statistics.histogram.limit === 0)
    return undefined;
  const { histogram, channels } = statistics;
  const { min, max, scale, steps } = quantizer;
  const below = clippingOf(histogram.negative, histogram.binWidth);
  const above = clippingOf(histogram.positive, histogram.binWidth);
  const moved = histogram.count - histogram.zeros;
  const noise = (low: number, high: number, step: number) =>
    below(-low) + above(high) + (moved * step * step) / 12;
  const best = mseRange(histogram, { levels: steps + 1, symmetric: false });
  const own = noise(min, max, scale);
  const clipping = below(-min) + above(max);
  const signal = channels.reduce((sum, channel) => sum + channel.signal, 0);
  const outside =
    countBeyond(histogram.negative, -min / histogram.binWidth) +
    countBeyond(histogram.positive, max / histogram.binWidth);
  const [low, high] = [bulk(histogram.negative, histogram.count), bulk(histogram.positive, histogram.count)];
  const past = (value: number, bound: number): number =>
    value <= bound ? 1 : bound > 0 ? value / bound : Number.POSITIVE_INFINITY;
  return {
    gain: 10 * Math.log10(own / noise(best.min, best.max, (best.max - best.min) / steps)),
    sqnr: 10 * Math.log10(signal / own),
    ofClipping: clipping / own,
    clipped: outside / histogram.count,
    beyond: Math.max(past(-histogram.min, -min), past(histogram.max, max)),
    usedSteps: Math.min(steps, ((low + high) * histogram.binWidth) / scale),
    min,
    max,
    bestMin: best.min,
    bestMax: best.max,
  };
}

/** Values of the bins beyond a place. */
function countBeyond(bins: Float64Array, place: number): number {
  let count = 0;
  for (let i = Math.max(0, Math.ceil(place)); i < bins.length; i++) count += bins[i]!;
  return count;
}

/** Bins from 0 within which all but one in 2000 of all values lie. */
function bulk(bins: Float64Array, all: number): number {
  let left = all / 2000;
  let i = bins.length;
  while (i > 0 && left >= 0) left -= bins[--i]!;
  return left >= 0 ? 0 : i + 1;
}

const misfit = (layer: LayerFacts): RangeFacts | undefined => {
  const facts = rangeFacts(layer);
  return facts !== undefined && facts.gain >= leastGain && facts.sqnr < harmless ? facts : undefined;
};

const rangeText = (min: number, max: number): string => `[${factorText(min)}, ${factorText(max)}]`;

const options = ['--calibrator mse', '--samples 300'];

export const saturation: Cause = {
  name: 'saturating-activation',
  summary: 'the range of an activation is too narrow: values are clipped',
  find: ({ layers }) =>
    layers.flatMap((layer): Finding[] => {
      const facts = misfit(layer);
      if (facts === undefined || facts.ofClipping <= 0.5) return [];
      return [
        {
          cause: saturation.name,
          severity: 'fault',
          layer: layer.pair.name,
          message: `${shareText(facts.clipped)} of its outputs leave the range ${rangeText(facts.min, facts.max)} of the file, by up to ${factorText(facts.beyond)} times; ${rangeText(facts.bestMin, facts.bestMax)} would have ${facts.gain.toFixed(0)} dB less error.`,
          evidence: { ...facts },
          remedy: 'Calibrate again on samples like these: more of them, and of all kinds.',
          options,
        },
      ];
    }),
};

export const wideRange: Cause = {
  name: 'wide-range',
  summary: 'the range of an activation is too wide: the values use few of its steps',
  find: ({ layers }) =>
    layers.flatMap((layer): Finding[] => {
      const facts = misfit(layer);
      if (facts === undefined || facts.ofClipping > 0.5) return [];
      return [
        {
          cause: wideRange.name,
          severity: 'fault',
          layer: layer.pair.name,
          message: `All but one in a thousand of its outputs use ${factorText(facts.usedSteps)} of ${layer.quantizer!.steps} steps of the range ${rangeText(facts.min, facts.max)}; ${rangeText(facts.bestMin, facts.bestMax)} would have ${facts.gain.toFixed(0)} dB less error.`,
          evidence: { ...facts },
          remedy: 'Calibrate again by the least squared error, without samples that are unlike all others.',
          options,
        },
      ];
    }),
};
