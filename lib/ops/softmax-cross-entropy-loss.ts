// LogSoftmax along the classes, then the negative logarithms of the probabilities of labels, weighted and reduced.

import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { crossEntropyGradient } from './gradients/softmax.js';
import { defineOp, inputType, inputValue, noMacs, staysFloat } from './op.js';
import { logSoftmaxRow, mapRows } from './shared/axis-rows.js';
import { classLoss, inferLoss, lossAttributes, lowerClassLoss } from './shared/class-loss.js';
import { splitDims } from './shared/physical-axis.js';

export const softmaxCrossEntropyLoss = defineOp({
  op: 'SoftmaxCrossEntropyLoss',
  domain: '',
  since: 12,
  inputs: [2, 3],
  outputs: [1, 2],
  attributes: lossAttributes,
  infer: (ctx) => [inferLoss(ctx), inputType(ctx, 0)].slice(0, ctx.node.outputs.length),
  reference: (ctx) => {
    const { dtype, dims } = inputValue(ctx, 0);
    const logs = mapRows(toNumbers(inputValue(ctx, 0)), splitDims(dims, 1), logSoftmaxRow);
    const outputs = [classLoss(ctx, logs), fromNumbers(dtype, dims, logs)];
    return outputs.slice(0, ctx.node.outputs.length);
  },
  gradient: crossEntropyGradient,
  cost: noMacs,
  quantize: staysFloat('losses are for training'),
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    if (dtype !== 'float32') return false;
    const logs = (ctx.node.outputs[1] ?? '') === '' ? ctx.temporary('float32', dims) : ctx.write(1, 'plain');
    ctx.emit('softmax_f32', [ctx.read(0, 'plain')], [logs], { dims: splitDims(dims, 1), log: 1 });
    return lowerClassLoss(ctx, logs);
  },
});
