// AveragePool: the mean of each window.

import { attr } from '../graph/attribute.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { averagePoolGradient } from './gradients/pooling.js';
import { defineOp, inputType, inputValue, intAttr, noMacs } from './op.js';
import { planeChannels } from './shared/channels.js';
import { isFlat, kernel2d, readNhwc, window2d, writeNhwc } from './shared/conv-lowering.js';
import { floatTypes } from './shared/illegal.js';
import { integerUnary } from './shared/integer-unary.js';
import { hasFrames, poolFrames } from './shared/pool-frames.js';
import {
  averageCounts,
  inferPool,
  overhangs,
  poolAttributes,
  poolWindow,
  windowOffsets,
} from './shared/pooling.js';

export const averagePool = defineOp({
  op: 'AveragePool',
  domain: '',
  since: 7,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { ...poolAttributes, count_include_pad: { type: 'int', default: 0 } },
  infer: (ctx) => [inferPool(ctx, floatTypes)],
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const window = poolWindow(ctx, x.dims);
    const offsets = windowOffsets(window);
    const counts = averageCounts(window, offsets, intAttr(ctx.node, 'count_include_pad', 0) !== 0);
    const dims = [...x.dims.slice(0, 2), ...window.output];
    const area = window.input.reduce((a, b) => a * b, 1);
    const values = toNumbers(x);
    const Sums = x.dtype === 'float64' ? Float64Array : Float32Array;
    const y = new Sums(dims.reduce((a, b) => a * b, 1));
    for (let i = 0; i < y.length; i++) {
      const position = i % offsets.length;
      const plane = Math.floor(i / offsets.length) * area;
      for (const at of offsets[position]) y[i] += values[plane + at];
      y[i] /= counts[position];
    }
    return [fromNumbers(x.dtype, dims, y)];
  },
  gradient: averagePoolGradient,
  cost: noMacs,
  quantize: {
    kind: 'arithmetic',
    data: [0],
    integer: (ctx) => integerUnary(ctx, 'QLinearAveragePool', 'com.microsoft'),
  },
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const window = poolWindow(ctx, dims);
    const countIncludePad = Number(intAttr(ctx.node, 'count_include_pad', 0) !== 0);
    if (dtype !== 'float32' || !isFlat(window) || (countIncludePad && overhangs(window))) return false;
    ctx.emit('average_pool_f32', [readNhwc(ctx, 0)], [writeNhwc(ctx, 0)], {
      ...window2d(window),
      kernel: kernel2d(window),
      countIncludePad,
    });
    return true;
  },
  inline: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const includesPad = intAttr(ctx.node, 'count_include_pad', 0);
    if (dtype !== 'float32' || !hasFrames(dims)) return undefined;
    // Counts are products of those of the axes.
    return includesPad !== 0 && overhangs(poolWindow(ctx, dims))
      ? undefined
      : poolFrames(ctx, { count_include_pad: attr.int(includesPad) });
  },
  channels: planeChannels,
});
