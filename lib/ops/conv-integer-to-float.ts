// ConvIntegerToFloat (ai.kompakt): ConvInteger, then the product with the scales, a float bias and an activation.
// Inputs: x, w, x_scale, w_scale (one, or one per output channel), x_zero?, w_zero?, bias?.
import { sizeOf } from '../tensor/shape.js';
import { toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  type LowerContext,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { activationAttributes, activationOf } from './shared/activation.js';
import { convAttributes, convGeometry } from './shared/conv-geometry.js';
import { isFlat, readNhwc, weightsOhwi, weightsS8, window2d, writeNhwc } from './shared/conv-lowering.js';
import { centeredWeights } from './shared/conv-quantized.js';
import { type ConvGeometry, convMacs, convolve, outputDims } from './shared/convolution.js';
import { costOf } from './shared/cost.js';
import { checkType, illegalShape } from './shared/illegal.js';
import { emitLiveProduct, liveBytes, scaledSums } from './shared/integer-to-float.js';
import { byteInput, centered, zeroOf } from './shared/quantized.js';

const W = 1;
const X_SCALE = 2;
const W_SCALE = 3;
const X_ZERO = 4;
const W_ZERO = 5;
const BIAS = 6;

const geometry = (ctx: InferContext): ConvGeometry =>
  convGeometry(ctx.node, ctx.where, inputType(ctx, 0).dims, inputType(ctx, W).dims);

function lower(ctx: LowerContext): boolean {
  const g = geometry(ctx);
  const known = [W, W_SCALE, W_ZERO, BIAS].every((i) => ctx.inputs[i] === undefined || ctx.value(i));
  if (!known || !isFlat(g.window)) return false;
  const w = ctx.value(W)!;
  emitLiveProduct(
    ctx,
    {
      from: liveBytes(ctx, readNhwc(ctx, 0), 0, X_SCALE, X_ZERO),
      packed: weightsOhwi(ctx, weightsS8(w), g),
      w,
      wScale: ctx.value(W_SCALE)!,
      wZero: ctx.value(W_ZERO),
      bias: ctx.value(BIAS),
      activation: activationOf(ctx.node),
      y: writeNhwc(ctx, 0),
    },
    { ...window2d(g.window), group: g.groups },
  );
  return true;
}

export const convIntegerToFloat = defineOp({
  op: 'ConvIntegerToFloat',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [4, 7],
  outputs: [1, 1],
  attributes: { ...convAttributes, ...activationAttributes },
  infer: (ctx) => {
    byteInput(ctx, 0, X_ZERO, 'x');
    byteInput(ctx, W, W_ZERO, 'weights');
    const dims = outputDims(geometry(ctx));
    for (const i of [X_SCALE, W_SCALE]) checkType(inputType(ctx, i).dtype, ['float32'], 'a scale', ctx.where);
    for (const i of [X_SCALE, X_ZERO])
      if (sizeOf(ctx.inputs[i]?.dims ?? []) !== 1)
        illegalShape(`one number as input ${i}`, ctx.where, ctx.inputs[i]!.dims);
    for (const i of [W_SCALE, W_ZERO, BIAS]) {
      const size = sizeOf(ctx.inputs[i]?.dims ?? []);
      if (size !== dims[1] && (size !== 1 || i === BIAS))
        if (ctx.inputs[i] !== undefined)
          illegalShape(`input ${i} of shape [${dims[1]}]`, ctx.where, ctx.inputs[i].dims);
    }
    return [{ dtype: 'float32', dims }];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const w = inputValue(ctx, W);
    const g = convGeometry(ctx.node, ctx.where, x.dims, w.dims);
    const dims = outputDims(g);
    const weights = centeredWeights(w, ctx.inputs[W_ZERO], g);
    const sums = convolve(centered(x, zeroOf(ctx.inputs[X_ZERO])), weights, g, Int32Array);
    const area = sizeOf(dims.slice(2));
    const scale = { x: toNumbers(inputValue(ctx, X_SCALE))[0], w: inputValue(ctx, W_SCALE) };
    const channel = (i: number): number => Math.floor(i / area) % dims[1];
    return [scaledSums(sums, dims, channel, scale, ctx.inputs[BIAS], activationOf(ctx.node))];
  },
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costOf(convMacs(geometry(ctx)), ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower,
});
