// BatchNormTraining (ai.kompakt): BatchNormalization by the statistics of the batch. Inputs X, scale, B, running mean and
// variance; outputs Y, the new running mean and variance, and for the gradient the batch's mean and 1 / deviation.
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { batchNormTrainingGradient } from './gradients/normalization.js';
import { defineOp, floatAttr, inputType, inputValue, noMacs, staysFloat } from './op.js';
import { batchNormAttributes, inferBatchNorm, momentsOf } from './shared/batch-norm.js';

export const batchNormTraining = defineOp({
  op: 'BatchNormTraining',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [5, 5],
  outputs: [1, 5],
  attributes: batchNormAttributes,
  infer: (ctx) => {
    const type = inferBatchNorm(ctx);
    const channels = { dtype: type.dtype, dims: [type.dims[1]] };
    return [type, inputType(ctx, 3), inputType(ctx, 4), channels, channels].slice(0, ctx.node.outputs.length);
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const [scale, shift, runningMean, runningVariance] = [1, 2, 3, 4].map((i) =>
      toNumbers(inputValue(ctx, i)),
    );
    const { mean, variance } = momentsOf(x);
    const epsilon = floatAttr(ctx.node, 'epsilon');
    const momentum = floatAttr(ctx.node, 'momentum');
    const inverse = variance.map((v) => 1 / Math.sqrt(v + epsilon));
    const area = sizeOf(x.dims.slice(2));
    const y = toNumbers(x).map((v, i) => {
      const c = Math.floor(i / area) % mean.length;
      return (v - mean[c]) * (inverse[c] * scale[c]) + shift[c];
    });
    const blend = (running: Float64Array, batch: Float64Array): Float64Array =>
      running.map((v, c) => v * momentum + batch[c] * (1 - momentum));
    const channels = [blend(runningMean, mean), blend(runningVariance, variance), mean, inverse];
    return [
      fromNumbers(x.dtype, x.dims, y),
      ...channels.map((values) => fromNumbers(x.dtype, [mean.length], values)),
    ].slice(0, ctx.node.outputs.length);
  },
  learns: [1, 2],
  updates: [
    [3, 1],
    [4, 2],
  ],
  gradient: batchNormTrainingGradient,
  cost: noMacs,
  quantize: staysFloat('it is for training'),
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    if (dtype !== 'float32' || ctx.node.outputs.length < 5 || sizeOf(dims) === 0) return false;
    const inputs = [ctx.read(0, 'channels-last'), ...[1, 2, 3, 4].map((i) => ctx.read(i, 'plain'))];
    const outputs = [
      ctx.write(0, 'channels-last'),
      ctx.writeOver(1, 3),
      ctx.writeOver(2, 4),
      ctx.write(3, 'plain'),
      ctx.write(4, 'plain'),
    ];
    ctx.emit('batch_norm_f32', inputs, outputs, {
      epsilon: floatAttr(ctx.node, 'epsilon'),
      momentum: floatAttr(ctx.node, 'momentum'),
    });
    return true;
  },
});
