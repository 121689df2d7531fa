// PackBits (ai.kompakt): values [N,C,spatial...] to packed bits. Inputs: x, threshold (float32) and direction (int8), of
// shape [C] or [1]. With direction 1 a bit says x >= threshold, with -1 x < threshold: Sign, RSign (a threshold per
// channel; Liu et al. 2020, arXiv:2003.03488, section 4.3) and BatchNormalization with Sign are this. NaN is below all.
import { type DType, dtypes } from '../tensor/dtype.js';
import { type Dims, sizeOf } from '../tensor/shape.js';
import { f32, type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  inputType,
  inputValue,
  type LowerContext,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { checkRank, checkType, illegalShape } from './shared/illegal.js';
import { checkPerChannel, ofChannel, packBits as pack, packedBytes, packedDims } from './shared/one-bit.js';
import { storageBias } from './storage.js';

const types: readonly DType[] = ['float32', 'uint8', 'int8'];

/** Thresholds and flips of pack_bits: the values of x as they are stored, and a bit per channel that turns the result. */
function stepConstants(
  dtype: DType,
  channels: number,
  threshold: TensorValue,
  direction: TensorValue,
): { readonly least: TensorValue; readonly flip: TensorValue } {
  const [thresholds, directions] = [toNumbers(threshold), toNumbers(direction)];
  const flip = new Uint8Array(packedBytes(channels));
  const turn = (c: number): void => {
    flip[c >> 3] ^= 1 << (c & 7);
  };
  for (let c = 0; c < channels; c++) if (ofChannel(directions, c) < 0) turn(c);
  if (dtype === 'float32') {
    const least = Float32Array.from({ length: channels }, (_, c) => ofChannel(thresholds, c));
    return { least: f32([channels], least), flip: tensor('uint8', [flip.length], flip) };
  }
  const { max } = dtypes.uint8;
  const least = Uint8Array.from({ length: channels }, (_, c) => {
    const t = Math.ceil(ofChannel(thresholds, c)) + storageBias(dtype);
    if (t <= max) return Math.max(0, t);
    turn(c); // beyond all bytes (or NaN): never reached is the opposite of always
    return 0;
  });
  return { least: tensor('uint8', [channels], least), flip: tensor('uint8', [flip.length], flip) };
}

/** Memory whose last axis is the channels. */
function emitRows(ctx: LowerContext, dims: Dims, least: TensorValue, flip: TensorValue): void {
  const layout = dims.length > 2 ? 'channels-last' : 'plain';
  const inputs = [ctx.read(0, layout), ctx.constant(least), ctx.constant(flip)];
  ctx.emit('pack_bits', inputs, [ctx.write(0, layout)], {});
}

export const packBits = defineOp({
  op: 'PackBits',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [3, 3],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    checkType(dtype, types, 'an input', ctx.where);
    checkRank(dims, 2, 'an input', ctx.where);
    checkPerChannel(ctx, 1, dims[1], 'a threshold');
    const direction = inputType(ctx, 2);
    checkType(direction.dtype, ['int8'], 'a direction', ctx.where);
    if (direction.dims.length !== 1 || (direction.dims[0] !== dims[1] && direction.dims[0] !== 1))
      illegalShape(`a direction of shape [${dims[1]}] or [1]`, ctx.where, direction.dims);
    return [{ dtype: 'uint8', dims: packedDims(dims) }];
  },
  reference: (ctx) => {
    const { dims } = inputValue(ctx, 0);
    const [x, threshold, direction] = [0, 1, 2].map((i) => toNumbers(inputValue(ctx, i)));
    const area = sizeOf(dims.slice(2));
    return [
      pack(dims, (i) => {
        const c = Math.floor(i / area) % dims[1];
        return x[i] >= ofChannel(threshold, c) !== ofChannel(direction, c) < 0;
      }),
    ];
  },
  gradient: notDifferentiable('it works on integers'),
  cost: noMacs,
  quantize: staysFloat('it ends what can be quantised'),
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const [threshold, direction] = [ctx.value(1), ctx.value(2)];
    if (threshold === undefined || direction === undefined) return false;
    const { least, flip } = stepConstants(dtype, dims[1], threshold, direction);
    emitRows(ctx, dims, least, flip);
    return true;
  },
});
