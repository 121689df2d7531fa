// NhwcMaxPool (com.microsoft): MaxPool of 8-bit images with the channels last.
import { maxPool } from './max-pool.js';
import { defineOp, inputType, inputValue, noMacs, notDifferentiable } from './op.js';
import { isFlat, kernel2d, window2d } from './shared/conv-lowering.js';
import { byteTypes, checkRank, checkType } from './shared/illegal.js';
import { permuted } from './shared/layout.js';
import { poolAttributes, poolWindow } from './shared/pooling.js';

const channelsFirst = (dims: readonly number[]): number[] => [
  dims[0],
  dims[dims.length - 1],
  ...dims.slice(1, -1),
];

/** The permutation from [N,spatial...,C] to [N,C,spatial...]. */
const toFirst = (rank: number): number[] => channelsFirst(Array.from({ length: rank }, (_, i) => i));
const toLast = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];

export const nhwcMaxPool = defineOp({
  op: 'NhwcMaxPool',
  domain: 'com.microsoft',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: poolAttributes,
  infer: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    checkType(dtype, byteTypes, 'an input', ctx.where);
    checkRank(dims, 3, 'an input', ctx.where);
    const { output } = poolWindow(ctx, channelsFirst(dims));
    return [{ dtype, dims: [dims[0], ...output, dims[dims.length - 1]] }];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const rank = x.dims.length;
    const [y] = maxPool.reference({ ...ctx, inputs: [permuted(x, toFirst(rank))] });
    return [permuted(y, toLast(rank))];
  },
  gradient: notDifferentiable('it works on integers'),
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => {
    const { dims } = inputType(ctx, 0);
    const window = poolWindow(ctx, channelsFirst(dims));
    if (!isFlat(window)) return false;
    const image = (d: readonly number[]): readonly number[] => (d.length === 3 ? [d[0], 1, d[1], d[2]] : d);
    const x = ctx.read(0, 'plain');
    const y = ctx.write(0, 'plain');
    ctx.emit('max_pool', [ctx.reshape(x, image(x.dims))], [ctx.reshape(y, image(y.dims))], {
      ...window2d(window),
      kernel: kernel2d(window),
    });
    return true;
  },
});
