// BinaryMaxPool (ai.kompakt): the largest of the values +1 and -1 in each window of packed bits; padding never wins.
import { tensor, toNumbers } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { isFlat, kernel2d, readNhwc, window2d, writeNhwc } from './shared/conv-lowering.js';
import { inferPool, poolWindow, windowOffsets } from './shared/pooling.js';

export const binaryMaxPool = defineOp({
  op: 'BinaryMaxPool',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  // All are written out: the function body of the operator refers to them.
  attributes: {
    ceil_mode: { type: 'int' },
    dilations: { type: 'ints' },
    kernel_shape: { type: 'ints' },
    pads: { type: 'ints' },
    strides: { type: 'ints' },
  },
  infer: (ctx) => [inferPool(ctx, ['uint8'])],
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const window = poolWindow(ctx, x.dims);
    const offsets = windowOffsets(window);
    const dims = [...x.dims.slice(0, 2), ...window.output];
    const area = window.input.reduce((a, b) => a * b, 1);
    const values = toNumbers(x);
    const out = new Uint8Array(dims.reduce((a, b) => a * b, 1));
    for (let i = 0; i < out.length; i++) {
      const plane = Math.floor(i / offsets.length) * area;
      for (const at of offsets[i % offsets.length]) out[i] |= values[plane + at];
    }
    return [tensor('uint8', dims, out)];
  },
  gradient: notDifferentiable('it works on integers'),
  cost: noMacs,
  quantize: staysFloat('its input is bits'),
  lower: (ctx) => {
    const window = poolWindow(ctx, inputType(ctx, 0).dims);
    if (!isFlat(window)) return false;
    ctx.emit('max_pool_b1', [readNhwc(ctx, 0)], [writeNhwc(ctx, 0)], {
      ...window2d(window),
      kernel: kernel2d(window),
    });
    return true;
  },
});
