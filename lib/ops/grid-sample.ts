// Samples an image (any number of spatial axes) at the points of a grid, whose coordinates run from -1 to 1.
import type { TypedArray } from '../tensor/dtype.js';
import { sizeOf, stridesOf } from '../tensor/shape.js';
import { allocate, fromNumbers, type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
  stringAttr,
} from './op.js';
import { readNhwc, writeNhwc } from './shared/conv-lowering.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { illegalAttribute, illegalShape } from './shared/illegal.js';
import { readPlain } from './shared/layout.js';
import { cubic } from './shared/resampling.js';
import { roundHalfEven } from './shared/rounding.js';

type Mode = 'nearest' | 'linear' | 'cubic';
type Padding = 'zeros' | 'border' | 'reflection';

const modes: Readonly<Record<string, Mode>> = {
  nearest: 'nearest',
  linear: 'linear',
  bilinear: 'linear',
  cubic: 'cubic',
  bicubic: 'cubic',
};
const paddings: readonly Padding[] = ['zeros', 'border', 'reflection'];

export const gridSample = defineOp({
  op: 'GridSample',
  domain: '',
  since: 16,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: {
    align_corners: { type: 'int', default: 0 },
    mode: { type: 'string', default: 'linear' },
    padding_mode: { type: 'string', default: 'zeros' },
  },
  infer: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const grid = typedInput(ctx, 1, floatTypes).dims;
    const spatial = dims.length - 2;
    if (spatial < 1 || grid.length !== dims.length || grid[0] !== dims[0] || grid.at(-1) !== spatial)
      illegalShape('an image [N,C,d...] and a grid [N,o...,rank]', ctx.where, [dims, grid]);
    samplingOf(ctx);
    return [{ dtype, dims: [dims[0], dims[1], ...grid.slice(1, -1)] }];
  },
  reference,
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('its grid needs more than 8 bits'),
  lower: (ctx) => {
    const [x, grid] = ctx.inputs;
    if (x!.dims.length !== 4 || x!.dtype !== 'float32' || grid!.dtype !== 'float32') return false;
    if (sizeOf(x!.dims) === 0) return false;
    const { mode, padding, corners } = samplingOf(ctx);
    ctx.emit('grid_sample', [readNhwc(ctx, 0), readPlain(ctx, 1)], [writeNhwc(ctx, 0)], {
      mode,
      padding,
      corners: Number(corners),
    });
    return true;
  },
});

function samplingOf(ctx: Pick<InferContext, 'node' | 'where'>) {
  const name = stringAttr(ctx.node, 'mode', 'linear');
  const named = stringAttr(ctx.node, 'padding_mode', 'zeros');
  if (modes[name] === undefined) illegalAttribute('mode nearest, linear or cubic', ctx.where, name);
  const padding = paddings.find((one) => one === named);
  if (padding === undefined) illegalAttribute(`padding_mode ${paddings.join(', ')}`, ctx.where, named);
  return { mode: modes[name], padding, corners: intAttr(ctx.node, 'align_corners', 0) === 1 };
}

/** A coordinate mirrored at both ends until it lies between them. */
function mirrored(x: number, low: number, high: number): number {
  const range = high - low;
  if (range === 0) return low;
  const phase = (((x - low) % (2 * range)) + 2 * range) % (2 * range);
  return low + (phase <= range ? phase : 2 * range - phase);
}

interface Axis {
  readonly size: number;
  readonly padding: Padding;
  readonly corners: boolean;
}

/** Brings a coordinate into the image as the padding says. */
function padded(x: number, { size, padding, corners }: Axis): number {
  if (padding === 'zeros') return x;
  if (padding === 'border') return Math.min(size - 1, Math.max(0, x));
  return corners ? mirrored(x, 0, size - 1) : mirrored(x, -0.5, size - 0.5);
}

interface Tap {
  /** Position on the axis, or -1 for outside. */
  readonly at: number;
  readonly weight: number;
}

function tapsOf(x: number, axis: Axis, mode: Mode): Tap[] {
  const inside = (at: number): number => {
    const i = padded(at, axis);
    return i >= 0 && i < axis.size ? i : -1;
  };
  if (mode === 'nearest') return [{ at: inside(roundHalfEven(padded(x, axis))), weight: 1 }];
  const center = mode === 'linear' ? padded(x, axis) : x;
  const reach = mode === 'linear' ? 1 : 2;
  const first = Math.floor(center) - reach + 1;
  return Array.from({ length: 2 * reach }, (_, t) => {
    const distance = first + t - center;
    const weight = mode === 'linear' ? Math.max(0, 1 - Math.abs(distance)) : cubic(distance, -0.75);
    return { at: inside(first + t), weight };
  });
}

function reference(ctx: ReferenceContext): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  const grid = inputValue(ctx, 1);
  const { mode, padding, corners } = samplingOf(ctx);
  const spatial = x.dims.slice(2);
  const strides = stridesOf(spatial);
  const [images, channels] = x.dims;
  const area = sizeOf(spatial);
  const points = sizeOf(grid.dims.slice(1, -1));
  const rank = spatial.length;
  const dims = [images, channels, ...grid.dims.slice(1, -1)];
  // Whole elements are copied bit for bit: numbers do not hold all 64-bit integers.
  const copies = mode === 'nearest' && x.dtype !== 'string';
  const values = copies ? (x.data as TypedArray) : toNumbers(x);
  const coordinates = toNumbers(grid);
  const y = allocate(copies ? x.dtype : 'float64', dims);
  for (let n = 0; n < images; n++)
    for (let p = 0; p < points; p++) {
      let taps: Tap[] = [{ at: 0, weight: 1 }];
      spatial.forEach((size, i) => {
        // The last coordinate belongs to the first spatial axis.
        const c = coordinates[(n * points + p) * rank + (rank - 1 - i)];
        const position = corners ? ((c + 1) / 2) * (size - 1) : ((c + 1) * size - 1) / 2;
        const own = Number.isFinite(position) ? tapsOf(position, { size, padding, corners }, mode) : [];
        taps = taps.flatMap((outer) =>
          own.map(({ at, weight }) => ({
            at: outer.at < 0 || at < 0 ? -1 : outer.at + at * strides[i],
            weight: outer.weight * weight,
          })),
        );
      });
      for (let c = 0; c < channels; c++) {
        const plane = (n * channels + c) * area;
        const to = (n * channels + c) * points + p;
        if (copies) {
          if (taps.length > 0 && taps[0].at >= 0) y[to] = values[plane + taps[0].at];
          continue;
        }
        let sum = 0;
        for (const { at, weight } of taps) if (at >= 0) sum += weight * (values[plane + at] as number);
        y[to] = sum;
      }
    }
  return [copies ? tensor(x.dtype, dims, y) : fromNumbers(x.dtype, dims, y as Float64Array)];
}
