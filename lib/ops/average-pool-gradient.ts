// AveragePoolGradient (ai.kompakt): every element of a window takes its share of the window's gradient.
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  inputType,
  inputValue,
  intAttr,
  intsAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { isFlat, kernel2d, readNhwc, window2d, writeNhwc } from './shared/conv-lowering.js';
import { checkType, floatTypes } from './shared/illegal.js';
import { averageCounts, overhangs, poolAttributes, poolWindow, windowOffsets } from './shared/pooling.js';

export const averagePoolGradient = defineOp({
  op: 'AveragePoolGradient',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {
    ...poolAttributes,
    count_include_pad: { type: 'int', default: 0 },
    input_shape: { type: 'ints' },
  },
  infer: (ctx) => {
    const { dtype } = inputType(ctx, 0);
    checkType(dtype, floatTypes, 'an input', ctx.where);
    return [{ dtype, dims: intsAttr(ctx.node, 'input_shape') ?? [] }];
  },
  reference: (ctx) => {
    const { dtype } = inputValue(ctx, 0);
    const gradient = toNumbers(inputValue(ctx, 0));
    const dims = intsAttr(ctx.node, 'input_shape') ?? [];
    const window = poolWindow(ctx, dims);
    const offsets = windowOffsets(window);
    const counts = averageCounts(window, offsets, intAttr(ctx.node, 'count_include_pad', 0) !== 0);
    const area = sizeOf(window.input);
    const dx = new Float64Array(sizeOf(dims));
    gradient.forEach((value, i) => {
      const position = i % offsets.length;
      const plane = Math.floor(i / offsets.length) * area;
      for (const at of offsets[position]) dx[plane + at] += value / counts[position];
    });
    return [fromNumbers(dtype, dims, dx)];
  },
  gradient: notDifferentiable('second derivatives are not needed for training'),
  cost: noMacs,
  quantize: staysFloat('gradients need more than 8 bits'),
  lower: (ctx) => {
    const window = poolWindow(ctx, intsAttr(ctx.node, 'input_shape') ?? []);
    const countIncludePad = Number(intAttr(ctx.node, 'count_include_pad', 0) !== 0);
    if (inputType(ctx, 0).dtype !== 'float32' || !isFlat(window) || (countIncludePad && overhangs(window)))
      return false;
    ctx.emit('average_pool_gradient_f32', [readNhwc(ctx, 0)], [writeNhwc(ctx, 0)], {
      ...window2d(window),
      kernel: kernel2d(window),
      countIncludePad,
    });
    return true;
  },
});
