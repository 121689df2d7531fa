// MaxPoolGradient (ai.kompakt): inputs dY, X, Y of a MaxPool. The gradient of a window goes to the first element that is
// its largest; windows that overlap add up.
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { isFlat, kernel2d, readNhwc, window2d, writeNhwc } from './shared/conv-lowering.js';
import { checkType, floatTypes } from './shared/illegal.js';
import { poolAttributes, poolWindow, windowOffsets } from './shared/pooling.js';

export const maxPoolGradient = defineOp({
  op: 'MaxPoolGradient',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [3, 3],
  outputs: [1, 1],
  attributes: { ...poolAttributes, input_shape: { type: 'ints' } },
  infer: (ctx) => {
    const { dtype, dims } = inputType(ctx, 1);
    checkType(dtype, floatTypes, 'an input', ctx.where);
    poolWindow(ctx, dims);
    return [{ dtype, dims }];
  },
  reference: (ctx) => {
    const [gradient, x, y] = [0, 1, 2].map((i) => toNumbers(inputValue(ctx, i)));
    const { dtype, dims } = inputValue(ctx, 1);
    const window = poolWindow(ctx, dims);
    const offsets = windowOffsets(window);
    const area = sizeOf(window.input);
    const dx = new Float64Array(x.length);
    for (let i = 0; i < gradient.length; i++) {
      const plane = Math.floor(i / offsets.length) * area;
      const winner = offsets[i % offsets.length].find((at) => x[plane + at] >= y[i]);
      if (winner !== undefined) dx[plane + winner] += gradient[i];
    }
    return [fromNumbers(dtype, dims, dx)];
  },
  gradient: notDifferentiable('second derivatives are not needed for training'),
  cost: noMacs,
  quantize: staysFloat('gradients need more than 8 bits'),
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 1);
    const window = poolWindow(ctx, dims);
    if (dtype !== 'float32' || !isFlat(window)) return false;
    const inputs = [0, 1, 2].map((i) => readNhwc(ctx, i));
    ctx.emit('max_pool_gradient_f32', inputs, [writeNhwc(ctx, 0)], {
      ...window2d(window),
      kernel: kernel2d(window),
    });
    return true;
  },
});
