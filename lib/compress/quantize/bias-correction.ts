// Bias correction: rounding weights shifts the mean of every output by (W - Wq) E[x], because activations behind ReLU-like
// functions have means far from zero; the bias takes the shift back. Source: Nagel et al. 2019, arXiv:1906.04721, section 4.2
// (here E[x] is measured per input channel on the calibration data instead of derived from batch normalisation).
import type { Dims } from '../../tensor/shape.js';
import { f32, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import type { QuantizedConstant } from './affine.js';

/** Mean of a value per channel. */
export class ChannelMeans {
  #sums = new Float64Array(0);
  #count = 0;

  /** The axis of channels: the last one of what matrix products read, 1 of what convolutions read. */
  constructor(private readonly axisOf: (dims: Dims) => number) {}

  see(values: Float32Array, dims: Dims): void {
    const axis = this.axisOf(dims);
    const channels = dims[axis] ?? 1;
    const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
    if (this.#sums.length !== channels) this.#sums = new Float64Array(channels);
    for (let i = 0; i < values.length; i++) this.#sums[Math.floor(i / inner) % channels]! += values[i]!;
    this.#count += values.length / Math.max(1, channels);
  }

  means(): Float64Array {
    return this.#sums.map((sum) => sum / Math.max(1, this.#count));
  }
}

/** The bias plus a shift of each of its channels; as it is when it has others. Shapes: bias [O]; shift [O]. */
export function shiftBias(bias: TensorValue, shift: Float64Array): TensorValue {
  if (bias.data.length !== shift.length) return bias;
  return f32(
    bias.dims,
    toNumbers(bias).map((v, o) => v + shift[o]!),
  );
}

/** (W - Wq) E[x], [O]. Shapes: w [O,I/g,taps...] or [O,I] (axis 0), or [I,O] (axis 1); means [I]. Undefined where the means do not fit
 *  the weights. Padding counts as if it had the mean: borders are few. */
export function roundingShift(
  weight: TensorValue,
  axis: number,
  quantized: QuantizedConstant,
  means: Float64Array,
): Float64Array | undefined {
  const outputs = weight.dims[axis] ?? 0;
  const rows = weight.dims[1 - axis] ?? 0;
  const groups = weight.dims.length > 2 ? means.length / rows : 1;
  const fits = weight.dims.length > 2 ? axis === 0 : rows === means.length;
  if (!fits || !Number.isInteger(groups) || outputs % groups !== 0) return undefined;
  const w = toNumbers(weight);
  const stored = toNumbers(quantized.value);
  const scales = toNumbers(quantized.params.scale);
  const taps = w.length / Math.max(1, outputs * rows);
  const shifts = new Float64Array(outputs);
  for (let o = 0; o < outputs; o++) {
    const scale = scales[scales.length === 1 ? 0 : o]!;
    const first = Math.floor(o / (outputs / groups)) * rows;
    for (let i = 0; i < rows; i++) {
      const at = (axis === 0 ? o * rows + i : i * outputs + o) * taps;
      let shift = 0;
      for (let t = 0; t < taps; t++) shift += w[at + t]! - stored[at + t]! * scale;
      shifts[o]! += shift * means[first + i]!;
    }
  }
  return shifts;
}
