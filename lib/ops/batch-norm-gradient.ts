// BatchNormGradient (ai.kompakt): inputs dY, X, scale, mean and 1 / deviation of the batch; outputs dX, dScale, dB.
// With n = (x - mean) / deviation: dX = scale / deviation * (dY - mean of dY - n * mean of dY n), dScale = sum dY n.
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, noMacs, notDifferentiable, staysFloat } from './op.js';

export const batchNormGradient = defineOp({
  op: 'BatchNormGradient',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [5, 5],
  outputs: [3, 3],
  attributes: {},
  infer: (ctx) => [inputType(ctx, 1), inputType(ctx, 2), inputType(ctx, 2)],
  reference: (ctx) => {
    const { dtype, dims } = inputValue(ctx, 1);
    const [gradient, x, scale, mean, inverse] = [0, 1, 2, 3, 4].map((i) => toNumbers(inputValue(ctx, i)));
    const area = sizeOf(dims.slice(2));
    const channels = dims[1];
    const count = x.length / channels;
    const channelOf = (i: number): number => Math.floor(i / area) % channels;
    const normal = x.map((v, i) => (v - mean[channelOf(i)]) * inverse[channelOf(i)]);
    const [dScale, dShift] = [new Float64Array(channels), new Float64Array(channels)];
    gradient.forEach((v, i) => {
      dShift[channelOf(i)] += v;
      dScale[channelOf(i)] += v * normal[i];
    });
    const dx = gradient.map((v, i) => {
      const c = channelOf(i);
      return scale[c] * inverse[c] * (v - dShift[c] / count - (normal[i] * dScale[c]) / count);
    });
    return [
      fromNumbers(dtype, dims, dx),
      fromNumbers(dtype, [channels], dScale),
      fromNumbers(dtype, [channels], dShift),
    ];
  },
  gradient: notDifferentiable('second derivatives are not needed for training'),
  cost: noMacs,
  quantize: staysFloat('gradients need more than 8 bits'),
  lower: (ctx) => {
    if (inputType(ctx, 0).dtype !== 'float32') return false;
    const inputs = [0, 1].map((i) => ctx.read(i, 'channels-last'));
    const outputs = [ctx.write(0, 'channels-last'), ctx.write(1, 'plain'), ctx.write(2, 'plain')];
    ctx.emit(
      'batch_norm_gradient_f32',
      [...inputs, ...[2, 3, 4].map((i) => ctx.read(i, 'plain'))],
      outputs,
      {},
    );
    return true;
  },
});
