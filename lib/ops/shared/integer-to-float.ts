// Products of bytes with float output whose scale of x may be known at run time only: y = activation(acc * (sx * sw) +
// bias). ConvIntegerToFloat and the dynamic matrix products of com.microsoft are this.

import type { Dims } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import type { Buffer, LowerContext } from '../op.js';
import { type Activation, applyActivation, noActivation } from './activation.js';
import { derivedConstant } from './derived-constant.js';
import { emitSums, type IntegerSums, type StepWindow, storedZeroPoint } from './integer-sums.js';
import { perChannel } from './weight-params.js';

/** What the reference makes of the sums; element i belongs to output channel channelOf(i). */
export function scaledSums(
  sums: Int32Array,
  dims: Dims,
  channelOf: (i: number) => number,
  scale: { readonly x: number; readonly w: TensorValue },
  bias: TensorValue | undefined,
  activation: Activation = noActivation,
): TensorValue {
  const w = toNumbers(scale.w);
  const shift = bias === undefined ? undefined : toNumbers(bias);
  const y = Float32Array.from(sums, (v, i) => {
    const o = channelOf(i);
    return Math.fround(v) * Math.fround(scale.x * perChannel(w, o));
  });
  if (shift !== undefined) for (let i = 0; i < y.length; i++) y[i] += shift[channelOf(i)];
  applyActivation(y, activation);
  return fromNumbers('float32', dims, y);
}

/** A byte tensor with its scale and zero point as they are in memory when the step runs. */
export interface LiveBytes extends Pick<IntegerSums, 'x' | 'zero'> {
  readonly scale: Buffer;
}

/** Bytes of input x of the node with inputs for scale and zero point (absent: 0); x must be in its layout already. */
export function liveBytes(
  ctx: LowerContext,
  x: Buffer,
  index: number,
  scale: number,
  zero: number,
): LiveBytes {
  return { x, scale: ctx.read(scale, 'plain'), zero: storedZeroPoint(ctx, index, zero) };
}

/** Plans x quantised over its own range. */
export function quantizedLive(ctx: LowerContext, x: Buffer): LiveBytes {
  const bytes = ctx.temporary('uint8', x.dims);
  const [scale, zero] = [ctx.temporary('float32', [1]), ctx.temporary('uint8', [1])];
  ctx.emit('dynamic_quantize', [x], [bytes, scale, zero], {});
  return { x: bytes, scale, zero };
}

export interface LiveProduct extends Omit<IntegerSums, 'x' | 'zero'> {
  readonly from: LiveBytes;
  readonly wScale: TensorValue;
  readonly bias: TensorValue | undefined;
  readonly activation: Activation;
}

/** conv_u8 with a run-time scale, then the float bias and the activation in place. */
export function emitLiveProduct(ctx: LowerContext, p: LiveProduct, window: StepWindow): void {
  const channels = p.packed.dims[0];
  const scale = derivedConstant(p.wScale, `every ${channels}`, () => {
    const own = toNumbers(p.wScale);
    return tensor(
      'float32',
      [channels],
      new Float32Array(channels).map((_, o) => perChannel(own, o)),
    );
  });
  const scales = { x: p.from.scale, w: ctx.constant(scale) };
  emitSums(ctx, { ...p, x: p.from.x, zero: p.from.zero }, window, scales);
  if (p.bias !== undefined) {
    const ones = tensor('float32', [channels], new Float32Array(channels).fill(1));
    const shift = tensor('float32', [channels], p.bias.data as Float32Array);
    ctx.emit('scale_shift_f32', [p.y, ctx.constant(ones), ctx.constant(shift)], [p.y], {
      ...p.activation,
      inner: 1,
    });
  } else if (p.activation.activation !== 'none') {
    const { activation: op, alpha, beta } = p.activation;
    ctx.emit('unary_f32', [p.y], [p.y], { op, alpha, beta });
  }
}
