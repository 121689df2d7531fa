// Weights of a layer rounded by what its products err on the calibration samples: scales and integers (gptq.ts), and the
// shift of each output's mean.
import { type TensorValue, toNumbers } from '../../tensor/tensor.js';
import { type QuantizedConstant, type WeightScheme, weightConstant } from './affine.js';
import { type Curvature, curvatureOf, refineRow, roundToNearest, roundWithFeedback } from './gptq.js';
import type { Gram, GramPart } from './gram.js';

/** Scales that are tried for weights of fewer than 8 bits: this many, from that which clips nothing down, in steps of `stride`. */
const candidates = 14;
const stride = 0.05;

export interface GramRounded extends QuantizedConstant {
  /** (W - Wq) E[x], per output channel. */
  readonly shift: Float64Array;
}

/** Part of the weights of one output channel. */
interface Piece {
  readonly part: GramPart;
  readonly curvature: Curvature;
  readonly row: Float64Array;
}

/** Whether `weight`, with its channels along `axis`, has one row of the kind that `gram` knows for each channel. */
export function fitsGram({ dims, data }: TensorValue, axis: number, gram: Gram): boolean {
  const channels = dims[axis] ?? 0;
  const known = axis === 0 || (axis === 1 && dims.length === 2);
  return known && channels > 0 && channels % gram.groups === 0 && data.length === channels * gram.depth;
}

/**
 * Like quantizeWeights, by the error of the layer's products. `channelAxis`: that of the output channels, of [O,...] or [K,O].
 * `centred`: the bias takes up the mean of the error, which then counts for nothing. Requires: fitsGram.
 */
export function gramWeights(
  weight: TensorValue,
  scheme: WeightScheme,
  channelAxis: number,
  gram: Gram,
  centred: boolean,
): GramRounded {
  const { bits, axis, minScale } = scheme;
  const values = toNumbers(weight);
  const channels = weight.dims[channelAxis];
  const at = (o: number, k: number): number => (channelAxis === 0 ? o * gram.depth + k : k * channels + o);
  const limit = 2 ** (bits - 1) - 1;
  const pieces = Array.from({ length: channels }, (): Piece[] => []);
  for (const part of gram.parts()) {
    const curvature = curvatureOf(part.matrix(centred), part.size);
    const inGroup = channels / gram.groups;
    for (let o = part.group * inGroup; o < (part.group + 1) * inGroup; o++)
      pieces[o].push({
        part,
        curvature,
        row: Float64Array.from({ length: part.size }, (_, k) => values[at(o, part.first + k)]),
      });
  }

  const scaled = axis === null ? [pieces.flat()] : pieces;
  const scales = Float32Array.from(scaled, (own, c) => bestScale(own, bits, limit, minScale(c)));
  const stored = new Int8Array(values.length);
  const shift = new Float64Array(channels);
  let [signal, noise] = [0, 0];
  pieces.forEach((own, o) => {
    const scale = scales[axis === null ? 0 : o];
    for (const { part, curvature, row } of own) {
      const near = refineRow(row, roundToNearest(row, scale, limit), scale, limit, curvature);
      const fed = refineRow(
        row,
        roundWithFeedback(row, scale, limit, curvature).integers,
        scale,
        limit,
        curvature,
      );
      const { integers } = fed.error < near.error ? fed : near;
      for (let k = 0; k < part.size; k++) {
        stored[at(o, part.first + k)] = integers[k];
        const difference = row[k] - integers[k] * scale;
        shift[o] += difference * part.means[k];
        signal += row[k] ** 2;
        noise += difference ** 2;
      }
    }
  });
  return { ...weightConstant(weight.dims, scheme, stored, scales, [signal, noise]), shift };
}

/** The scale with which the products of these weights err least. With 8 bits that which clips nothing. */
function bestScale(own: readonly Piece[], bits: number, limit: number, least: number): number {
  let reach = 0;
  for (const { row } of own) for (const v of row) reach = Math.max(reach, Math.abs(v));
  const widest = Math.fround(Math.max(reach / limit, least)) || 1;
  let [best, found] = [Number.POSITIVE_INFINITY, widest];
  for (let i = 0; i < (bits < 8 ? candidates : 1); i++) {
    const scale = Math.fround(Math.max((reach / limit) * (1 - i * stride), least)) || 1;
    let error = 0;
    for (const { row, curvature } of own) error += roundWithFeedback(row, scale, limit, curvature).error;
    // From wide to narrow, so that a tie keeps the wider one.
    if (error < best) [best, found] = [error, scale];
  }
  return found;
}
