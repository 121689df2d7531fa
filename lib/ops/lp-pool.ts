// LpPool: the p-norm of each window.
import { attr } from '../graph/attribute.js';
import { sizeOf } from '../tensor/shape.js';
import { f32, fromNumbers, toNumbers } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { Body } from './shared/body.js';
import { planeChannels } from './shared/channels.js';
import { floatTypes } from './shared/illegal.js';
import { pNorm } from './shared/p-norm.js';
import { coveringPads, inferPool, poolAttributes, poolWindow, windowOffsets } from './shared/pooling.js';

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
  inline: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const p = intAttr(ctx.node, 'p', 2);
    if (dtype !== 'float32' || p < 1) return undefined;
    const body = new Body(ctx);
    const window = poolWindow(ctx, dims);
    const { kernel, strides, dilations, padsBegin } = window;
    const ones = f32([dims[1], 1, ...kernel], new Float32Array(dims[1] * sizeOf(kernel)).fill(1));
    const weights = body.graph.constant('ones', ones);
    const sum = (powers: string) =>
      body.one('Conv', [powers, weights], {
        group: attr.int(dims[1]),
        strides: attr.ints(strides),
        dilations: attr.ints(dilations),
        pads: attr.ints([...padsBegin, ...coveringPads(window)]),
      });
    return body.finish([pNorm(body, body.input(0), p, sum)]);
  },
  channels: planeChannels,
});
