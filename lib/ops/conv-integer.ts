// ConvInteger: convolution of 8-bit integers with int32 output.
import { fromNumbers } from '../tensor/tensor.js';
import { defineOp, type InferContext, inputType, inputValue, notDifferentiable, staysFloat } from './op.js';
import { convAttributes, convGeometry } from './shared/conv-geometry.js';
import { centeredWeights } from './shared/conv-quantized.js';
import { type ConvGeometry, convMacs, convolve, outputDims } from './shared/convolution.js';
import { costOf } from './shared/cost.js';
import { byteInput, centered, zeroOf } from './shared/quantized.js';

const geometry = (ctx: InferContext): ConvGeometry =>
  convGeometry(ctx.node, ctx.where, inputType(ctx, 0).dims, inputType(ctx, 1).dims);

export const convInteger = defineOp({
  op: 'ConvInteger',
  domain: '',
  since: 10,
  inputs: [2, 4],
  outputs: [1, 1],
  attributes: convAttributes,
  infer: (ctx) => {
    byteInput(ctx, 0, 2, 'x');
    byteInput(ctx, 1, 3, 'weights');
    return [{ dtype: 'int32', dims: outputDims(geometry(ctx)) }];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const w = inputValue(ctx, 1);
    const g = convGeometry(ctx.node, ctx.where, x.dims, w.dims);
    const sums = convolve(
      centered(x, zeroOf(ctx.inputs[2])),
      centeredWeights(w, ctx.inputs[3], g),
      g,
      Int32Array,
    );
    return [fromNumbers('int32', outputDims(g), sums)];
  },
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costOf(convMacs(geometry(ctx)), ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower: 'host',
});
