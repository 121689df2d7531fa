// Tensors of bits: a bit stands for +1 (set) or -1 (clear). Eight channels (axis 1) share a byte, the first in bit 0; bits
// beyond the last channel are clear.
import { type Dims, sizeOf } from '../../tensor/shape.js';
import { type TensorValue, tensor } from '../../tensor/tensor.js';
import type { InferContext } from '../op.js';
import { inputType } from '../op.js';
import { checkType, illegalShape } from './illegal.js';

export const packedBytes = (channels: number): number => Math.ceil(channels / 8);

/** [N,C,spatial...] as it is packed: [N,C/8 rounded up,spatial...]. */
export const packedDims = (dims: Dims): number[] => [dims[0], packedBytes(dims[1]), ...dims.slice(2)];

/** The values +1 and -1 of packed bits [N,C/8,spatial...], as [N,channels,spatial...]. */
export function unpackBits(bits: TensorValue, channels: number): Float64Array {
  const [batch, bytes] = bits.dims;
  const area = sizeOf(bits.dims.slice(2));
  const values = new Float64Array(batch * channels * area);
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < channels; c++)
      for (let s = 0; s < area; s++) {
        const byte = bits.data[(n * bytes + (c >> 3)) * area + s] as number;
        values[(n * channels + c) * area + s] = (byte >> (c & 7)) & 1 ? 1 : -1;
      }
  return values;
}

/** Packs isSet(i), i counting elements of [N,C,spatial...]. */
export function packBits(dims: Dims, isSet: (i: number) => boolean): TensorValue {
  const [batch, channels] = dims;
  const bytes = packedBytes(channels);
  const area = sizeOf(dims.slice(2));
  const data = new Uint8Array(batch * bytes * area);
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < channels; c++)
      for (let s = 0; s < area; s++)
        if (isSet((n * channels + c) * area + s)) data[(n * bytes + (c >> 3)) * area + s] |= 1 << (c & 7);
  return tensor('uint8', packedDims(dims), data);
}

/** Checks that input i is one value per channel, or one for all. */
export function checkPerChannel(ctx: InferContext, i: number, channels: number, what: string): void {
  const { dtype, dims } = inputType(ctx, i);
  checkType(dtype, ['float32'], what, ctx.where);
  if (dims.length !== 1 || (dims[0] !== channels && dims[0] !== 1))
    illegalShape(`${what} of shape [${channels}] or [1]`, ctx.where, dims);
}

/** Element c of a list of one value per channel, or one for all. */
export const ofChannel = (values: ArrayLike<number>, c: number): number =>
  values[values.length === 1 ? 0 : c];
