// Resampling of one axis as a table: which input elements make an output element, with which weights. Coordinates are
// computed in float32 step by step, so that ties in nearest modes fall as in other runtimes.
import { allocate } from '../../tensor/tensor.js';

const coordinateModes = {
  align_corners: (x, a) => (a.output === 1 ? 0 : Math.fround((x * (a.input - 1)) / (a.output - 1))),
  asymmetric: (x, a) => Math.fround(x / a.scale),
  half_pixel: (x, a) => Math.fround(Math.fround((x + 0.5) / a.scale) - 0.5),
  half_pixel_symmetric: (x, a) => {
    const adjustment = Math.fround(a.output / Math.fround(a.scale * a.input));
    const offset = Math.fround((a.input / 2) * Math.fround(1 - adjustment));
    return Math.fround(Math.fround(offset + Math.fround((x + 0.5) / a.scale)) - 0.5);
  },
  pytorch_half_pixel: (x, a) => (a.output > 1 ? Math.fround(Math.fround((x + 0.5) / a.scale) - 0.5) : 0),
  tf_crop_and_resize: (x, a) =>
    a.output > 1
      ? Math.fround(a.roi[0] * (a.input - 1) + (x * (a.roi[1] - a.roi[0]) * (a.input - 1)) / (a.output - 1))
      : Math.fround(0.5 * (a.roi[0] + a.roi[1]) * (a.input - 1)),
  tf_half_pixel_for_nn: (x, a) => Math.fround((x + 0.5) / a.scale),
} as const satisfies Record<string, (x: number, axis: ResizedAxis) => number>;

const nearestModes = {
  ceil: Math.ceil,
  floor: Math.floor,
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
} as const satisfies Record<string, (x: number) => number>;

export type CoordinateMode = keyof typeof coordinateModes;
export type NearestMode = keyof typeof nearestModes;
export type ResizeMode = 'nearest' | 'linear' | 'cubic';

export const coordinateModeNames = Object.keys(coordinateModes) as CoordinateMode[];
export const nearestModeNames = Object.keys(nearestModes) as NearestMode[];

export interface ResizedAxis {
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  /** Start and end of the region of interest, as fractions; only tf_crop_and_resize uses it. */
  readonly roi: readonly [number, number];
}

export interface Resampling {
  readonly mode: ResizeMode;
  readonly coordinates: CoordinateMode;
  readonly nearest: NearestMode;
  readonly cubicA: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

/** Row o has `taps` indices and weights. */
export interface AxisTable {
  readonly taps: number;
  readonly index: Int32Array;
  readonly weight: Float32Array;
  /** One byte a row: not 0 where the coordinate is outside the input. */
  readonly outside: Uint8Array;
}

const triangle = (d: number): number => Math.max(0, 1 - Math.abs(d));

/** Weight of an element at distance d in cubic interpolation with coefficient a. */
export function cubic(d: number, a: number): number {
  const t = Math.abs(d);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

/** How far the filter reaches on each side, in input elements, and how much it is stretched to blur. */
function filterOf(r: Resampling, axis: ResizedAxis) {
  const shrink = r.antialias ? Math.min(1, axis.scale) : 1;
  const reach = Math.ceil((r.mode === 'cubic' ? 2 : 1) / shrink);
  const weight = (d: number): number =>
    r.mode === 'cubic' ? cubic(d * shrink, r.cubicA) : triangle(d * shrink);
  return { reach, weight };
}

const clampIndex = (i: number, size: number): number => Math.min(size - 1, Math.max(0, i));

function nearestTable(r: Resampling, axis: ResizedAxis, positions: Float64Array): AxisTable {
  const pick = nearestModes[r.nearest];
  return {
    taps: 1,
    index: Int32Array.from(positions, (x) => clampIndex(pick(x), axis.input)),
    weight: new Float32Array(positions.length).fill(1),
    outside: outsideOf(positions, axis),
  };
}

const outsideOf = (positions: Float64Array, axis: ResizedAxis): Uint8Array =>
  Uint8Array.from(positions, (x) => Number(x < 0 || x > axis.input - 1));

/** Throws KPT_TOO_LARGE where a table does not fit the machine. */
export function axisTable(r: Resampling, axis: ResizedAxis): AxisTable {
  const coordinate = coordinateModes[r.coordinates];
  const positions = (allocate('float64', [axis.output]) as Float64Array).map((_, o) => coordinate(o, axis));
  if (r.mode === 'nearest') return nearestTable(r, axis, positions);
  const { reach, weight } = filterOf(r, axis);
  const taps = 2 * reach;
  const table = {
    taps,
    index: allocate('int32', [axis.output, taps]) as Int32Array,
    weight: allocate('float32', [axis.output, taps]) as Float32Array,
    outside: outsideOf(positions, axis),
  };
  positions.forEach((position, o) => {
    // Without a wider filter, linear interpolation stays within the input.
    const x = r.mode === 'linear' && !r.antialias ? clampIndex(position, axis.input) : position;
    const first = Math.floor(x) - reach + 1;
    let sum = 0;
    for (let t = 0; t < taps; t++) {
      const i = first + t;
      const w = r.excludeOutside && (i < 0 || i >= axis.input) ? 0 : weight(i - x);
      table.index[o * taps + t] = clampIndex(i, axis.input);
      table.weight[o * taps + t] = w;
      sum += w;
    }
    // A stretched filter does not add up to 1 where it is sampled, nor does one that lost its taps outside.
    if (r.excludeOutside || r.antialias) for (let t = 0; t < taps; t++) table.weight[o * taps + t] /= sum;
  });
  return table;
}

/** The same table with more taps, of weight 0. */
export function widened(table: AxisTable, taps: number): AxisTable {
  if (table.taps === taps) return table;
  const rows = table.outside.length;
  const index = new Int32Array(rows * taps);
  const weight = new Float32Array(rows * taps);
  for (let o = 0; o < rows; o++)
    for (let t = 0; t < taps; t++) {
      const from = o * table.taps + Math.min(t, table.taps - 1);
      index[o * taps + t] = table.index[from];
      weight[o * taps + t] = t < table.taps ? table.weight[from] : 0;
    }
  return { taps, index, weight, outside: table.outside };
}

/** Resamples the middle axis of [outer, input, inner]; products and sums rounded to the type of x, in the order of taps. */
export function resampleAxis<T extends Float32Array | Float64Array>(
  x: T,
  table: AxisTable,
  input: number,
  inner: number,
): T {
  const output = table.outside.length;
  const outer = x.length / (input * inner);
  const single = x instanceof Float32Array;
  const y = allocate(single ? 'float32' : 'float64', [outer, output, inner]) as T;
  for (let n = 0; n < outer; n++)
    for (let o = 0; o < output; o++)
      for (let t = 0; t < table.taps; t++) {
        const w = table.weight[o * table.taps + t];
        const from = (n * input + table.index[o * table.taps + t]) * inner;
        const to = (n * output + o) * inner;
        if (table.taps === 1) y.set(x.subarray(from, from + inner), to);
        else
          for (let i = 0; i < inner; i++)
            y[to + i] += single ? Math.fround(w * x[from + i]) : w * x[from + i];
      }
  return y;
}
