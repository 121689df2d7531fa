// Weights and bias of one layer: which rounding, which correction.
import { opOf } from '../../ops/index.js';
import { type TensorValue, toNumbers } from '../../tensor/tensor.js';
import { minWeightScale, type QuantizedConstant, quantizeWeights } from './affine.js';
import { type ChannelMeans, roundingShift, shiftBias } from './bias-correction.js';
import type { BitWidths } from './bit-widths.js';
import type { Gram } from './gram.js';
import { fitsGram, type GramRounded, gramWeights } from './gram-weights.js';
import type { Layer } from './selection.js';

export interface LayerWeightOptions {
  /** Channel means of the inputs of weighted layers by their names, for bias correction where `grams` says nothing. */
  readonly means: ReadonlyMap<string, ChannelMeans>;
  /** Of what the products with a constant read, by its name; empty where weights are rounded to the nearest. */
  readonly grams: ReadonlyMap<string, Gram>;
  readonly biasCorrection: boolean;
  /** Weights of 4 bits and fewer are stored as int4. */
  readonly int4: boolean;
  readonly widths: BitWidths;
  readonly perChannel: boolean;
}

export type RoundedWeights = QuantizedConstant | GramRounded;

/** `weight`: of the layer, which has some. `xScale`: of what they are multiplied by. */
export function roundedWeights(
  layer: Layer,
  weight: TensorValue,
  bias: TensorValue | undefined,
  xScale: number,
  { widths, perChannel, int4, grams, biasCorrection }: LayerWeightOptions,
): RoundedWeights {
  const { input, axis: channelAxis } = layer.weight!;
  const axis = perChannel ? channelAxis : null;
  const biases = bias === undefined ? new Float64Array(1) : toNumbers(bias);
  const largest = biases.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const minScale = (c: number): number =>
    minWeightScale(axis !== null && biases.length > 1 ? biases[c] : largest, xScale);
  const bits = widths.ofWeights(layer);
  const scheme = { bits, type: int4 && bits <= 4 ? 'int4' : 'int8', axis, minScale } as const;
  const gram = grams.get(layer.node.inputs[input]);
  if (gram === undefined || !fitsGram(weight, channelAxis, gram)) return quantizeWeights(weight, scheme);
  const centred = biasCorrection && bias?.data.length === weight.dims[channelAxis];
  return gramWeights(weight, scheme, channelAxis, gram, centred);
}

/** The bias with the shift that rounding the weights makes taken back, where that is wanted and known. */
export function correctedBias(
  { node, weight }: Layer,
  bias: TensorValue,
  old: TensorValue,
  made: RoundedWeights,
  { biasCorrection, means }: LayerWeightOptions,
): TensorValue {
  if (!biasCorrection) return bias;
  const seen = means.get(node.name);
  const shift = 'shift' in made ? made.shift : seen && roundingShift(old, weight!.axis, made, seen.means());
  const rule = opOf(node).quantize;
  if (shift === undefined || rule.kind !== 'weighted') return bias;
  // The bias of Gemm has a factor of its own.
  const { factor, biasFactor } = rule.linear(node);
  return shiftBias(
    bias,
    shift.map((v) => (v * factor) / biasFactor),
  );
}
