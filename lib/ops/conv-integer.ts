// ConvInteger: convolution of 8-bit integers with int32 output.

import { sizeOf } from '../tensor/shape.js';
import { fromNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  type LowerContext,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { convAttributes, convGeometry } from './shared/conv-geometry.js';
import { isFlat, readNhwc, weightsOhwi, weightsS8, window2d, writeNhwc } from './shared/conv-lowering.js';
import { centeredWeights } from './shared/conv-quantized.js';
import { type ConvGeometry, convMacs, convolve, outputDims } from './shared/convolution.js';
import { costOf } from './shared/cost.js';
import { emitSums, storedZeroPoint } from './shared/integer-sums.js';
import { byteInput, centered, zeroOf } from './shared/quantized.js';

const W = 1;
const X_ZERO = 2;
const W_ZERO = 3;

const geometry = (ctx: InferContext): ConvGeometry =>
  convGeometry(ctx.node, ctx.where, inputType(ctx, 0).dims, inputType(ctx, W).dims);

/** Zero points: one of x, one or one per output channel of the weights, which are constant. */
function lower(ctx: LowerContext): boolean {
  const g = geometry(ctx);
  const [w, wZero] = [ctx.value(W), ctx.value(W_ZERO)];
  const sizes = [X_ZERO, W_ZERO].map((i) => sizeOf(ctx.inputs[i]?.dims ?? []));
  if (w === undefined || (ctx.inputs[W_ZERO] !== undefined && wZero === undefined)) return false;
  if (sizes[0] !== 1 || (sizes[1] !== 1 && sizes[1] !== g.groups * g.filters)) return false;
  if (!isFlat(g.window)) return false;
  emitSums(
    ctx,
    {
      x: readNhwc(ctx, 0),
      zero: storedZeroPoint(ctx, 0, X_ZERO),
      packed: weightsOhwi(ctx, weightsS8(w), g),
      w,
      wZero,
      y: writeNhwc(ctx, 0),
    },
    { ...window2d(g.window), group: g.groups },
  );
  return true;
}

export const convInteger = defineOp({
  op: 'ConvInteger',
  domain: '',
  since: 10,
  inputs: [2, 4],
  outputs: [1, 1],
  attributes: convAttributes,
  infer: (ctx) => {
    byteInput(ctx, 0, X_ZERO, 'x');
    byteInput(ctx, W, W_ZERO, 'weights');
    return [{ dtype: 'int32', dims: outputDims(geometry(ctx)) }];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const w = inputValue(ctx, W);
    const g = convGeometry(ctx.node, ctx.where, x.dims, w.dims);
    const sums = convolve(
      centered(x, zeroOf(ctx.inputs[X_ZERO])),
      centeredWeights(w, ctx.inputs[W_ZERO], g),
      g,
      Int32Array,
    );
    return [fromNumbers('int32', outputDims(g), sums)];
  },
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costOf(convMacs(geometry(ctx)), ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower,
});
