// QLinearAveragePool (com.microsoft): AveragePool of 8-bit integers.
import { KompaktError } from '../errors.js';
import type { Node } from '../graph/graph.js';
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { isFlat, kernel2d, readNhwc, window2d, writeNhwc } from './shared/conv-lowering.js';
import { inferIntegerUnary, planParams, referenceParams } from './shared/integer-unary.js';
import { maxSummed } from './shared/mean-u8.js';
import { averageCounts, overhangs, poolAttributes, poolWindow, windowOffsets } from './shared/pooling.js';
import { centered, requantizeValue, saturate, storedZero } from './shared/quantized.js';
import { storedRange } from './storage.js';

function checkLayout(node: Node, where: string): void {
  if (intAttr(node, 'channels_last', 0) !== 0)
    throw new KompaktError('KPT_ONNX_UNSUPPORTED', `channels_last of ${where} is not supported.`);
}

export const qLinearAveragePool = defineOp({
  op: 'QLinearAveragePool',
  domain: 'com.microsoft',
  since: 1,
  inputs: [4, 5],
  optional: [2],
  outputs: [1, 1],
  attributes: {
    ...poolAttributes,
    channels_last: { type: 'int', default: 0 },
    count_include_pad: { type: 'int', default: 0 },
  },
  infer: (ctx) => {
    checkLayout(ctx.node, ctx.where);
    const { dims } = inputType(ctx, 0);
    return [{ dtype: inferIntegerUnary(ctx), dims: [...dims.slice(0, 2), ...poolWindow(ctx, dims).output] }];
  },
  reference: (ctx) => {
    const input = inputValue(ctx, 0);
    const { x, y } = referenceParams(ctx);
    const window = poolWindow(ctx, input.dims);
    const offsets = windowOffsets(window);
    const counts = averageCounts(window, offsets, intAttr(ctx.node, 'count_include_pad', 0) !== 0);
    const dims = [...input.dims.slice(0, 2), ...window.output];
    const area = window.input.reduce((a, b) => a * b, 1);
    const values = centered(input, x.zero);
    const factor = Math.fround(x.scale / y.scale);
    const out = new Float64Array(dims.reduce((a, b) => a * b, 1));
    for (let i = 0; i < out.length; i++) {
      const position = i % offsets.length;
      const plane = Math.floor(i / offsets.length) * area;
      let sum = 0;
      for (const at of offsets[position]) sum += values[plane + at];
      out[i] = saturate(requantizeValue(sum, Math.fround(factor / counts[position]), y.zero), y.dtype);
    }
    return [fromNumbers(y.dtype, dims, out)];
  },
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: noMacs,
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => {
    const params = planParams(ctx);
    const window = poolWindow(ctx, inputType(ctx, 0).dims);
    const countIncludePad = Number(intAttr(ctx.node, 'count_include_pad', 0) !== 0);
    if (params === undefined || !isFlat(window) || (countIncludePad && overhangs(window))) return false;
    if (sizeOf(window.kernel) > maxSummed) return false;
    const [lo, hi] = storedRange;
    ctx.emit('average_pool_u8', [readNhwc(ctx, 0)], [writeNhwc(ctx, 0)], {
      ...window2d(window),
      kernel: kernel2d(window),
      countIncludePad,
      xZero: storedZero(params.x),
      factor: Math.fround(params.x.scale / params.y.scale),
      yZero: storedZero(params.y),
      lo,
      hi,
    });
    return true;
  },
});
