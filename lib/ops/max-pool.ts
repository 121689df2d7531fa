// MaxPool: the largest element of each window, and optionally where it was.

import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { maxPoolGradient } from './gradients/pooling.js';
import { defineOp, inputType, inputValue, intAttr, noMacs } from './op.js';
import { planeChannels } from './shared/channels.js';
import { isFlat, kernel2d, readNhwc, window2d, writeNhwc } from './shared/conv-lowering.js';
import { byteTypes, floatTypes } from './shared/illegal.js';
import { hasFrames, poolFrames } from './shared/pool-frames.js';
import { inferPool, poolAttributes, poolWindow, windowOffsets } from './shared/pooling.js';

const wantsIndices = (outputs: readonly string[]): boolean => (outputs[1] ?? '') !== '';

/** Row-major offset of a spatial position as a column-major one (storage_order 1). */
function columnMajor(offset: number, dims: readonly number[]): number {
  let rest = offset;
  let out = 0;
  let size = dims.reduce((a, b) => a * b, 1);
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    size /= dims[axis];
    out += (rest % dims[axis]) * size;
    rest = Math.floor(rest / dims[axis]);
  }
  return out;
}

export const maxPool = defineOp({
  op: 'MaxPool',
  domain: '',
  since: 8,
  inputs: [1, 1],
  outputs: [1, 2],
  attributes: { ...poolAttributes, storage_order: { type: 'int', default: 0 } },
  infer: (ctx) => {
    const y = inferPool(ctx, [...floatTypes, ...byteTypes]);
    return wantsIndices(ctx.node.outputs) ? [y, { dtype: 'int64', dims: y.dims }] : [y];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const window = poolWindow(ctx, x.dims);
    const offsets = windowOffsets(window);
    const dims = [...x.dims.slice(0, 2), ...window.output];
    const area = window.input.reduce((a, b) => a * b, 1);
    const values = toNumbers(x);
    const size = dims.reduce((a, b) => a * b, 1);
    const largest = new Float64Array(size);
    const indices = new Float64Array(size);
    const columns = intAttr(ctx.node, 'storage_order', 0) === 1;
    for (let i = 0; i < size; i++) {
      const plane = Math.floor(i / offsets.length) * area;
      const list = offsets[i % offsets.length];
      let best = list[0];
      let most = Number.NEGATIVE_INFINITY; // NaN is above nothing
      for (const at of list)
        if (values[plane + at] > most) {
          best = at;
          most = values[plane + at];
        }
      largest[i] = most;
      indices[i] = plane + (columns ? columnMajor(best, window.input) : best);
    }
    const y = fromNumbers(x.dtype, dims, largest);
    return wantsIndices(ctx.node.outputs) ? [y, fromNumbers('int64', dims, indices)] : [y];
  },
  gradient: maxPoolGradient,
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0], results: [0] },
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const window = poolWindow(ctx, dims);
    if (wantsIndices(ctx.node.outputs) || !isFlat(window)) return false;
    if (dtype !== 'float32' && dtype !== 'uint8' && dtype !== 'int8') return false;
    ctx.emit('max_pool', [readNhwc(ctx, 0)], [writeNhwc(ctx, 0)], {
      ...window2d(window),
      kernel: kernel2d(window),
    });
    return true;
  },
  inline: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const movable = dtype === 'float32' || dtype === 'uint8' || dtype === 'int8';
    return wantsIndices(ctx.node.outputs) || !hasFrames(dims) || !movable ? undefined : poolFrames(ctx);
  },
  // Indices count the elements of all channels.
  channels: { links: (ctx) => (wantsIndices(ctx.node.outputs) ? [] : planeChannels.links(ctx)) },
});
