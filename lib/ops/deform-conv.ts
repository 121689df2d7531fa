// Convolution that samples its input where learned offsets say, bilinearly, and weighs the samples by a mask (Zhu et al.,
// 2019). Two spatial axes.
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
} from './op.js';
import { costOf } from './shared/cost.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';
import { readKernel, readWindow, windowAttributes } from './shared/window.js';

export const deformConv = defineOp({
  op: 'DeformConv',
  domain: '',
  since: 19,
  inputs: [3, 5],
  outputs: [1, 1],
  attributes: {
    ...windowAttributes,
    group: { type: 'int', default: 1 },
    offset_group: { type: 'int', default: 1 },
  },
  infer: (ctx) => {
    const { dims, window } = planOf(ctx);
    return [{ dtype: inputType(ctx, 0).dtype, dims: [dims[0], inputType(ctx, 1).dims[0], ...window.output] }];
  },
  reference,
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx, [y]) => costOf(sizeOf(y.dims) * sizeOf(inputType(ctx, 1).dims.slice(1)), ctx),
  quantize: staysFloat('its offsets need more than 8 bits'),
  lower: 'host',
});

function planOf(ctx: InferContext) {
  const { dims } = typedInput(ctx, 0, floatTypes);
  const weight = inputType(ctx, 1).dims;
  if (dims.length !== 4 || weight.length !== 4)
    illegalShape('images [N,C,H,W] and weights [O,I,h,w]', ctx.where, [dims, weight]);
  const kernel = readKernel(ctx.node, 2, ctx.where, weight.slice(2));
  const window = readWindow(ctx.node, ctx.where, dims.slice(2), kernel);
  const groups = intAttr(ctx.node, 'group', 1);
  const fields = intAttr(ctx.node, 'offset_group', 1);
  const taps = kernel[0] * kernel[1];
  const wanted = [dims[0], fields * taps * 2, ...window.output].join();
  const offsets = inputType(ctx, 2).dims;
  const mask = ctx.inputs[4]?.dims;
  if (weight[1] * groups !== dims[1] || weight[0] % groups !== 0 || dims[1] % fields !== 0)
    illegalShape(`channels in ${groups} groups and ${fields} fields of offsets`, ctx.where, [dims, weight]);
  if (offsets.join() !== wanted) illegalShape(`offsets of shape [${wanted}]`, ctx.where, offsets);
  if (mask !== undefined && [mask[0], 2 * mask[1], mask[2], mask[3]].join() !== wanted)
    illegalShape('a mask with one element for two of the offsets', ctx.where, mask);
  return { dims, weight, window, groups, fields, taps };
}

/** The image at a point between pixels; outside it is 0. */
function sample(x: Float64Array, plane: number, [height, width]: readonly number[], y0: number, x0: number) {
  const [top, left] = [Math.floor(y0), Math.floor(x0)];
  let sum = 0;
  for (const row of [top, top + 1])
    for (const column of [left, left + 1]) {
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      sum += (1 - Math.abs(y0 - row)) * (1 - Math.abs(x0 - column)) * x[plane + row * width + column];
    }
  return sum;
}

function reference(ctx: ReferenceContext): readonly TensorValue[] {
  const { dims, weight, window, groups, fields, taps } = planOf(knownContext(ctx));
  const [x, w, offsets] = [0, 1, 2].map((i) => toNumbers(inputValue(ctx, i)));
  const bias = ctx.inputs[3] && toNumbers(ctx.inputs[3]);
  const mask = ctx.inputs[4] && toNumbers(ctx.inputs[4]);
  const [batch, channels, height, width] = dims;
  const [filters, perGroup] = weight;
  const [outHeight, outWidth] = window.output;
  const area = outHeight * outWidth;
  const y = new Float64Array(batch * filters * area);
  for (let n = 0; n < batch; n++)
    for (let p = 0; p < area; p++) {
      const at = [Math.floor(p / outWidth), p % outWidth];
      /** Samples of all channels under all taps. */
      const columns = Float64Array.from({ length: channels * taps }, (_unused, i) => {
        const [c, k] = [Math.floor(i / taps), i % taps];
        const field = Math.floor(c / (channels / fields));
        const tap = [Math.floor(k / window.kernel[1]), k % window.kernel[1]];
        const point = tap.map(
          (t, axis) =>
            at[axis] * window.strides[axis] -
            window.padsBegin[axis] +
            t * window.dilations[axis] +
            offsets[(((n * fields + field) * taps + k) * 2 + axis) * area + p],
        );
        const weighed = mask?.[((n * fields + field) * taps + k) * area + p] ?? 1;
        return weighed * sample(x, (n * channels + c) * height * width, [height, width], point[0], point[1]);
      });
      for (let o = 0; o < filters; o++) {
        const first = Math.floor(o / (filters / groups)) * perGroup * taps;
        let sum = bias?.[o] ?? 0;
        for (let i = 0; i < perGroup * taps; i++) sum += w[o * perGroup * taps + i] * columns[first + i];
        y[(n * filters + o) * area + p] = sum;
      }
    }
  return [fromNumbers(inputValue(ctx, 0).dtype, [batch, filters, ...window.output], y)];
}
