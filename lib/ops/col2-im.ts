// Adds columns of blocks back into an image: the inverse of cutting it into overlapping blocks, but for the sums.
import { sizeOf, stridesOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputValue,
  intsAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { floatTypes, integersOf, typedInput } from './shared/elements.js';
import { illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';

export const col2Im = defineOp({
  op: 'Col2Im',
  domain: '',
  since: 18,
  inputs: [3, 3],
  outputs: [1, 1],
  attributes: {
    dilations: { type: 'ints', default: null },
    pads: { type: 'ints', default: null },
    strides: { type: 'ints', default: null },
  },
  infer: (ctx) => {
    const { batch, channels, image } = planOf(ctx);
    return [{ dtype: typedInput(ctx, 0, floatTypes).dtype, dims: [batch, channels, ...image] }];
  },
  reference: (ctx) => {
    const { batch, channels, image, block, positions, strides, dilations, pads } = planOf(knownContext(ctx));
    const x = toNumbers(inputValue(ctx, 0));
    const imageStrides = stridesOf(image);
    const [area, taps, count] = [sizeOf(image), sizeOf(block), sizeOf(positions)];
    const y = new Float64Array(batch * channels * area);
    for (let tap = 0; tap < taps; tap++)
      for (let p = 0; p < count; p++) {
        const [k, at] = [coordinates(tap, block), coordinates(p, positions)];
        const place = image.map((_, i) => at[i] * strides[i] - pads[i] + k[i] * dilations[i]);
        if (place.some((v, i) => v < 0 || v >= image[i])) continue;
        const offset = place.reduce((sum, v, i) => sum + v * imageStrides[i], 0);
        for (let c = 0; c < batch * channels; c++) y[c * area + offset] += x[(c * taps + tap) * count + p];
      }
    return [fromNumbers(inputValue(ctx, 0).dtype, [batch, channels, ...image], y)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('it adds up any number of values'),
  lower: 'host',
});

/** Coordinates of an element in row-major order. */
function coordinates(index: number, dims: readonly number[]): number[] {
  const strides = stridesOf(dims);
  return dims.map((d, i) => Math.floor(index / strides[i]) % d);
}

function planOf(ctx: InferContext) {
  const { dims } = typedInput(ctx, 0, floatTypes);
  const image = integersOf(needValue(ctx, 1));
  const block = integersOf(needValue(ctx, 2));
  const rank = image.length;
  const attribute = (name: string, length: number, fill: number) =>
    intsAttr(ctx.node, name) ?? new Array<number>(length).fill(fill);
  const strides = attribute('strides', rank, 1);
  const dilations = attribute('dilations', rank, 1);
  const pads = attribute('pads', 2 * rank, 0);
  const positions = image.map(
    (d, i) => Math.floor((d + pads[i] + pads[i + rank] - dilations[i] * (block[i] - 1) - 1) / strides[i]) + 1,
  );
  const [batch, rows, columns] = dims;
  const channels = rows / sizeOf(block);
  if (
    dims.length !== 3 ||
    block.length !== rank ||
    !Number.isInteger(channels) ||
    columns !== sizeOf(positions)
  )
    illegalShape(
      `columns [N, C * ${sizeOf(block)}, ${sizeOf(positions)}] for blocks [${block}] of an image [${image}]`,
      ctx.where,
      dims,
    );
  return { batch, channels, image, block, positions, strides, dilations, pads };
}
