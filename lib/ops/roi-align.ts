// Pools regions of images to one size, sampling bilinearly between pixels (He et al., 2017).
import { expected, KompaktError } from '../errors.js';
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  floatAttr,
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

export const roiAlign = defineOp({
  op: 'RoiAlign',
  domain: '',
  since: 16,
  inputs: [3, 3],
  outputs: [1, 1],
  attributes: {
    coordinate_transformation_mode: { type: 'string', default: 'half_pixel' },
    mode: { type: 'string', default: 'avg' },
    output_height: { type: 'int', default: 1 },
    output_width: { type: 'int', default: 1 },
    sampling_ratio: { type: 'int', default: 0 },
    spatial_scale: { type: 'float', default: 1 },
  },
  infer: (ctx) => {
    const { dtype, dims } = typedInput(ctx, 0, floatTypes);
    const regions = inputType(ctx, 1).dims;
    const batch = typedInput(ctx, 2, ['int64']).dims;
    const listed = regions.length === 2 && regions[1] === 4 && batch.join() === `${regions[0]}`;
    if (dims.length !== 4 || !listed)
      illegalShape('images [N,C,H,W], regions [R,4] and indices [R]', ctx.where, [dims, regions, batch]);
    poolingOf(ctx);
    return [{ dtype, dims: [regions[0], dims[1], ...outputSize(ctx)] }];
  },
  reference,
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('its regions need more than 8 bits'),
  lower: (ctx) => {
    const [x, regions] = ctx.inputs;
    const { samples } = poolingOf(ctx);
    if (x!.dtype !== 'float32' || regions!.dtype !== 'float32' || sizeOf(x!.dims) === 0) return false;
    if (samples ** 2 > maxSamples) return false;
    ctx.emit(
      'roi_align',
      [readNhwc(ctx, 0), readPlain(ctx, 1), readPlain(ctx, 2)],
      [writeNhwc(ctx, 0)],
      poolingOf(ctx),
    );
    return true;
  },
});

function poolingOf({ node, where }: Pick<InferContext, 'node' | 'where'>) {
  const mode = stringAttr(node, 'mode', 'avg');
  if (mode !== 'avg' && mode !== 'max') illegalAttribute('mode avg or max', where, mode);
  const coordinates = stringAttr(node, 'coordinate_transformation_mode', 'half_pixel');
  return {
    mode,
    scale: floatAttr(node, 'spatial_scale', 1),
    halfPixel: Number(coordinates === 'half_pixel'),
    samples: Math.max(0, intAttr(node, 'sampling_ratio', 0)),
  } as const;
}

const outputSize = ({ node }: Pick<ReferenceContext, 'node'>): [number, number] => [
  intAttr(node, 'output_height', 1),
  intAttr(node, 'output_width', 1),
];

/** The four pixels around a point with their weights; none outside the image. */
function taps(y: number, x: number, height: number, width: number): (readonly [number, number])[] {
  if (y < -1 || y > height || x < -1 || x > width) return [];
  const low = [Math.max(0, y), Math.max(0, x)];
  const [top, left] = [Math.min(Math.floor(low[0]), height - 1), Math.min(Math.floor(low[1]), width - 1)];
  const [bottom, right] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)];
  const [dy, dx] = [top === height - 1 ? 0 : low[0] - top, left === width - 1 ? 0 : low[1] - left];
  return [
    [top * width + left, (1 - dy) * (1 - dx)],
    [top * width + right, (1 - dy) * dx],
    [bottom * width + left, dy * (1 - dx)],
    [bottom * width + right, dy * dx],
  ];
}

/** Samples of one bin: a thousand rows and columns. */
const maxSamples = 1 << 20;

function reference(ctx: ReferenceContext): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  const [images, channels, height, width] = x.dims;
  const values = toNumbers(x);
  const regions = toNumbers(inputValue(ctx, 1));
  const batch = toNumbers(inputValue(ctx, 2));
  const [outHeight, outWidth] = outputSize(ctx);
  const { mode, scale, halfPixel, samples: ratio } = poolingOf(ctx);
  const out = new Float64Array(batch.length * channels * outHeight * outWidth);
  batch.forEach((image, r) => {
    if (image < 0 || image >= images)
      throw new KompaktError(
        'KPT_DATA_MALFORMED',
        expected(`an index in [0,${images - 1}]`, ctx.where, image),
      );
    const [x0, y0, x1, y1] = [...regions.slice(4 * r, 4 * r + 4)].map((v) => v * scale - 0.5 * halfPixel);
    // Old coordinates never let a region be smaller than a pixel.
    const least = halfPixel === 1 ? Number.NEGATIVE_INFINITY : 1;
    const binHeight = Math.max(y1 - y0, least) / outHeight;
    const binWidth = Math.max(x1 - x0, least) / outWidth;
    const rows = ratio > 0 ? ratio : Math.max(0, Math.ceil(binHeight));
    const columns = ratio > 0 ? ratio : Math.max(0, Math.ceil(binWidth));
    if (rows * columns > maxSamples)
      throw new KompaktError(
        'KPT_DATA_MALFORMED',
        expected(`regions whose bins have at most ${maxSamples} points`, ctx.where, rows * columns),
      );
    for (let i = 0; i < outHeight * outWidth; i++) {
      const [top, left] = [y0 + Math.floor(i / outWidth) * binHeight, x0 + (i % outWidth) * binWidth];
      const samples = Array.from({ length: rows * columns }, (_, s) =>
        taps(
          top + ((Math.floor(s / columns) + 0.5) * binHeight) / rows,
          left + (((s % columns) + 0.5) * binWidth) / columns,
          height,
          width,
        ),
      );
      for (let c = 0; c < channels; c++) {
        const plane = (image * channels + c) * height * width;
        const terms = samples.map((four) => four.map(([at, weight]) => weight * values[plane + at]));
        out[(r * channels + c) * outHeight * outWidth + i] = mode === 'max' ? largest(terms) : mean(terms);
      }
    }
  });
  return [fromNumbers(x.dtype, [batch.length, channels, outHeight, outWidth], out)];
}

/** The largest single weighted pixel, as other runtimes have it; 0 for -0. */
const largest = (samples: readonly (readonly number[])[]): number =>
  samples.length === 0
    ? 0
    : samples.flatMap((four) => (four.length === 0 ? [0] : four)).reduce((a, b) => Math.max(a, b)) + 0;

const mean = (samples: readonly (readonly number[])[]): number =>
  samples.flat().reduce((a, b) => a + b, 0) / Math.max(1, samples.length);
