// What lowerings of float and integer convolutions share: 2-D step parameters, buffers with one or two spatial axes
// as NHWC, and weights as [O,kH,kW,I/group].
import { type Dims, sizeOf } from '../../tensor/shape.js';
import { allocate, type TensorValue, tensor } from '../../tensor/tensor.js';
import type { Buffer, LowerContext } from '../op.js';
import type { ConvGeometry } from './convolution.js';
import { derivedConstant } from './derived-constant.js';
import type { Window } from './window.js';

type Pair = readonly [number, number];

/** Window parameters of 2-D steps. */
export interface Window2d {
  readonly strides: Pair;
  readonly pads: readonly [number, number, number, number];
  readonly dilations: Pair;
}

/** True for one or two spatial axes: all that most steps know. */
export const isFlat = (window: Window): boolean => window.kernel.length <= 2;

const pair = (dims: Dims, fill: number): Pair =>
  dims.length === 1 ? [fill, dims[0]] : [dims[dims.length - 2], dims[dims.length - 1]];

/** One spatial axis becomes W of an image with H = 1; of three, the last two. */
export function window2d(window: Window): Window2d {
  const begin = pair(window.padsBegin, 0);
  const end = pair(window.padsEnd, 0);
  return {
    strides: pair(window.strides, 1),
    pads: [begin[0], begin[1], end[0], end[1]],
    dilations: pair(window.dilations, 1),
  };
}

/** The kernel as that of a picture, or of a picture of frames. */
const kernelOf = (window: Window): Dims => (isFlat(window) ? kernel2d(window) : window.kernel);

export const kernel2d = (window: Window): Pair => pair(window.kernel, 1);

/** A channels-last buffer [N,spatial...,C] as [N,H,W,C]. */
function asNhwc(ctx: LowerContext, buffer: Buffer): Buffer {
  if (buffer.dims.length !== 3) return buffer;
  const [n, w, c] = buffer.dims;
  return ctx.reshape(buffer, [n, 1, w, c]);
}

export const readNhwc = (ctx: LowerContext, i: number): Buffer => asNhwc(ctx, ctx.read(i, 'channels-last'));
export const writeNhwc = (ctx: LowerContext, i: number): Buffer => asNhwc(ctx, ctx.write(i, 'channels-last'));

/** Weights [O,I/g,kernel...] (transposed: [I,O/g,kernel...]) as [O,kH,kW,I/g]. */
export function weightsOhwi(ctx: LowerContext, w: TensorValue, g: ConvGeometry): Buffer {
  if (g.transposed) return ctx.constant(transposedOhwi(w, g));
  const taps = sizeOf(g.window.kernel);
  const value = tensor(w.dtype, [g.groups * g.filters, ...kernelOf(g.window), g.channels], w.data);
  // One tap or one channel: both orders are the same bytes.
  return taps === 1 || g.channels === 1
    ? ctx.constant(value)
    : ctx.constant(value, { rows: g.channels, columns: taps });
}

function transposedOhwi(w: TensorValue, g: ConvGeometry): TensorValue {
  return derivedConstant(w, `ohwi ${g.groups}`, () => {
    const taps = sizeOf(g.window.kernel);
    const outputs = g.groups * g.filters;
    const source = w.data as Float32Array;
    const data = allocate(w.dtype, w.dims) as Float32Array;
    const { channels } = g;
    let at = 0;
    for (let o = 0; o < outputs; o++) {
      // Where the weights of output o and input channel 0 begin.
      const first = (Math.floor(o / g.filters) * channels * g.filters + (o % g.filters)) * taps;
      for (let k = 0; k < taps; k++)
        for (let i = 0, from = first + k; i < channels; i++, from += g.filters * taps)
          data[at++] = source[from]!;
    }
    return tensor(w.dtype, [outputs, ...kernel2d(g.window), channels], data);
  });
}

/** 8-bit weights as s8: uint8 ones minus 128 (their zero points move alike, see storedWeightZero). */
export function weightsS8(w: TensorValue): TensorValue {
  if (w.dtype !== 'uint8') return w;
  return derivedConstant(w, 's8', () => {
    const source = w.data as Uint8Array;
    const data = new Int8Array(source.length);
    for (let i = 0; i < data.length; i++) data[i] = source[i]! - 128;
    return tensor('int8', w.dims, data);
  });
}
