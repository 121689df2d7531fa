// The arithmetic of every convolution, direct or transposed, float or integer, over one to three spatial axes.
import { type Dims, sizeOf } from '../../tensor/shape.js';
import { forwardTaps, type Taps, transposedTaps, type Window } from './window.js';

/** Sums live in an array of this type, whose stores round (Float32Array) or wrap (Int32Array) as the contract says. */
export type Accumulators = Float32Array | Float64Array | Int32Array;

export interface ConvGeometry {
  readonly window: Window;
  readonly transposed: boolean;
  readonly batch: number;
  readonly groups: number;
  /** Input and output channels of one group. */
  readonly channels: number;
  readonly filters: number;
}

/** Logical output dims [N,O,spatial...]. */
export const outputDims = (g: ConvGeometry): number[] => [g.batch, g.groups * g.filters, ...g.window.output];

export const convMacs = (g: ConvGeometry): number =>
  sizeOf(g.transposed ? g.window.input : g.window.output) *
  sizeOf(g.window.kernel) *
  g.batch *
  g.groups *
  g.filters *
  g.channels;

/** Weights as [group, kernel..., I, O]: the inner loop runs over output channels. */
function packWeights(w: Float64Array, g: ConvGeometry): Float64Array {
  const taps = sizeOf(g.window.kernel);
  const packed = new Float64Array(w.length);
  for (let group = 0; group < g.groups; group++)
    for (let i = 0; i < g.channels; i++)
      for (let o = 0; o < g.filters; o++) {
        const row = g.transposed
          ? (group * g.channels + i) * g.filters + o
          : (group * g.filters + o) * g.channels + i;
        for (let k = 0; k < taps; k++)
          packed[((group * taps + k) * g.channels + i) * g.filters + o] = w[row * taps + k];
      }
  return packed;
}

const lift = (dims: Dims): readonly [number, number, number] => {
  const [d = 1, h = 1, w = 1] = [...new Array<number>(3 - dims.length).fill(1), ...dims];
  return [d, h, w];
};

/**
 * The sums of x * w as [N,O,spatial...]; taps in the padding add nothing. Each output is one chain over
 * kernel positions and then input channels. A product of two float32 is exact in double, so a Float32Array of sums
 * follows the engine's chain of fused multiply-adds but for rare double rounding (1 ulp); integer sums are exact.
 */
export function convolve<A extends Accumulators>(
  x: Float64Array,
  w: Float64Array,
  geometry: ConvGeometry,
  Sums: new (length: number) => A,
): A {
  const { window, batch, groups, channels, filters } = geometry;
  const weights = packWeights(w, geometry);
  const [inD, inH, inW] = lift(window.input);
  const [outD, outH, outW] = lift(window.output);
  const [kD, kH, kW] = lift(window.kernel);
  const own = geometry.transposed ? transposedTaps(window) : forwardTaps(window);
  const still = Int32Array.of(0);
  const [tapsD = still, tapsH = still, tapsW = still]: readonly Taps[] = [
    ...new Array<Taps>(3 - own.length).fill(still),
    ...own,
  ];
  const inArea = inD * inH * inW;
  const outArea = outD * outH * outW;
  const out = new Sums(sizeOf(outputDims(geometry)));
  const acc = new Sums(filters);
  for (let n = 0; n < batch; n++)
    for (let group = 0; group < groups; group++) {
      const from = (n * groups + group) * channels * inArea;
      const to = (n * groups + group) * filters * outArea;
      for (let pixel = 0; pixel < outArea; pixel++) {
        const od = Math.floor(pixel / (outH * outW));
        const oh = Math.floor(pixel / outW) % outH;
        const ow = pixel % outW;
        acc.fill(0);
        for (let kd = 0; kd < kD; kd++) {
          const d = tapsD[od * kD + kd];
          if (d < 0) continue;
          for (let kh = 0; kh < kH; kh++) {
            const h = tapsH[oh * kH + kh];
            if (h < 0) continue;
            for (let kw = 0; kw < kW; kw++) {
              const v = tapsW[ow * kW + kw];
              if (v < 0) continue;
              const tap = ((group * kD + kd) * kH + kh) * kW + kw;
              addTap(
                acc,
                x,
                from + (d * inH + h) * inW + v,
                inArea,
                weights,
                tap * channels * filters,
                channels,
              );
            }
          }
        }
        for (let o = 0; o < filters; o++) out[to + o * outArea + pixel] = acc[o];
      }
    }
  return out;
}

/** acc[o] += sum over input channels i of x[at + i * stride] * w[row + i * O + o]. */
function addTap(
  acc: Accumulators,
  x: Float64Array,
  at: number,
  stride: number,
  w: Float64Array,
  row: number,
  channels: number,
): void {
  const filters = acc.length;
  for (let i = 0; i < channels; i++) {
    const value = x[at + i * stride];
    const base = row + i * filters;
    for (let o = 0; o < filters; o++) acc[o] += value * w[base + o];
  }
}
