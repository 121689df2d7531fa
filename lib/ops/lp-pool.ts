// LpPool: the p-norm of each window.
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { defineOp, inputValue, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { planeChannels } from './shared/channels.js';
import { floatTypes } from './shared/illegal.js';
import { inferPool, poolAttributes, poolWindow, windowOffsets } from './shared/pooling.js';

export const lpPool = defineOp({
  op: 'LpPool',
  domain: '',
  since: 2,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { ...poolAttributes, p: { type: 'int', default: 2 } },
  infer: (ctx) => [inferPool(ctx, floatTypes)],
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const p = intAttr(ctx.node, 'p', 2);
    const window = poolWindow(ctx, x.dims);
    const offsets = windowOffsets(window);
    const dims = [...x.dims.slice(0, 2), ...window.output];
    const area = window.input.reduce((a, b) => a * b, 1);
    const values = toNumbers(x);
    const y = new Float64Array(dims.reduce((a, b) => a * b, 1));
    for (let i = 0; i < y.length; i++) {
      const plane = Math.floor(i / offsets.length) * area;
      for (const at of offsets[i % offsets.length]) y[i] += Math.abs(values[plane + at]) ** p;
      y[i] **= 1 / p;
    }
    return [fromNumbers(x.dtype, dims, y)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('norms lose too much in 8 bits'),
  lower: 'host',
  channels: planeChannels,
});
