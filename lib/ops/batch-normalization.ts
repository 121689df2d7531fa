// BatchNormalization: one multiply and one add per element, from constants folded in float32. In training mode the
// statistics are those of the input, and the running ones move towards them.

import type { Node } from '../graph/graph.js';
import type { DType } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';
import { fromNumbers, tensor, toNumbers } from '../tensor/tensor.js';
import { areKnown, batchNormBody, bodyUnless } from './gradients/normalization.js';
import { defineOp, floatAttr, inputType, inputValue, intAttr, noMacs, staysFloat } from './op.js';
import {
  batchNormAttributes,
  defaultEpsilon,
  defaultMomentum,
  inferBatchNorm,
  momentsOf,
} from './shared/batch-norm.js';
import {
  type ChannelContext,
  type ChannelLink,
  inputEnd,
  outputEnd,
  planeChannels,
} from './shared/channels.js';
import { readAsIs } from './shared/layout.js';

/** y = x * factors[c] + addends[c], every step rounded to the type (16-bit floats compute in float32). */
function fold(
  [scale, shift, mean, variance]: readonly TensorValue[],
  epsilon: number,
): { factors: Float64Array; addends: Float64Array } {
  const [g, b, m, v] = [scale, shift, mean, variance].map(toNumbers);
  const round = rounding(scale.dtype);
  const factors = g.map((value, c) => round(value / round(Math.sqrt(round(v[c] + epsilon)))));
  return { factors, addends: b.map((value, c) => round(value - round(m[c] * factors[c]))) };
}

const rounding = (dtype: DType): ((v: number) => number) => (dtype === 'float64' ? (v) => v : Math.fround);

const isTraining = (node: Node): boolean => intAttr(node, 'training_mode', 0) !== 0;

function batchMoments(x: TensorValue): [TensorValue, TensorValue] {
  const { mean, variance } = momentsOf(x);
  return [fromNumbers(x.dtype, [mean.length], mean), fromNumbers(x.dtype, [mean.length], variance)];
}

/** The running statistics after a batch. */
function blend(running: TensorValue, batch: TensorValue, momentum: number): TensorValue {
  const news = toNumbers(batch);
  const values = toNumbers(running).map((v, c) => v * momentum + news[c] * (1 - momentum));
  return fromNumbers(running.dtype, running.dims, values);
}

export const batchNormalization = defineOp({
  op: 'BatchNormalization',
  domain: '',
  since: 9,
  inputs: [5, 5],
  outputs: [1, 3],
  attributes: { ...batchNormAttributes, training_mode: { type: 'int', default: 0 } },
  infer: (ctx) => {
    const type = inferBatchNorm(ctx);
    if (!isTraining(ctx.node)) return [type];
    return [type, inputType(ctx, 3), inputType(ctx, 4)].slice(0, ctx.node.outputs.length);
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const running = [1, 2, 3, 4].map((i) => inputValue(ctx, i));
    const parameters = isTraining(ctx.node) ? [...running.slice(0, 2), ...batchMoments(x)] : running;
    const { factors, addends } = fold(parameters, floatAttr(ctx.node, 'epsilon', defaultEpsilon));
    const area = sizeOf(x.dims.slice(2));
    const round = rounding(x.dtype);
    const y = toNumbers(x).map((v, i) => {
      const c = Math.floor(i / area) % x.dims[1];
      return round(v * factors[c]) + addends[c];
    });
    const outputs = [fromNumbers(x.dtype, x.dims, y)];
    if (!isTraining(ctx.node)) return outputs;
    const momentum = floatAttr(ctx.node, 'momentum', defaultMomentum);
    for (const i of [2, 3]) outputs.push(blend(running[i], parameters[i], momentum));
    return outputs.slice(0, ctx.node.outputs.length);
  },
  learns: [1, 2],
  gradient: { body: batchNormBody },
  inline: (ctx) => {
    inferBatchNorm(ctx);
    return bodyUnless(batchNormBody, (one) => isTraining(one.node) || areKnown(1, 2, 3, 4)(one))(ctx);
  },
  cost: noMacs,
  quantize: staysFloat('it is folded into the convolution before it'),
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const parameters = [1, 2, 3, 4].map((i) => ctx.value(i)).filter((value) => value !== undefined);
    if (dtype !== 'float32' || parameters.length < 4 || isTraining(ctx.node)) return false;
    const { factors, addends } = fold(parameters, floatAttr(ctx.node, 'epsilon', defaultEpsilon));
    const { buffer, layout } = readAsIs(ctx, 0);
    const constants = [factors, addends].map((values) =>
      ctx.constant(tensor('float32', [dims[1]], Float32Array.from(values))),
    );
    ctx.emit('scale_shift_f32', [buffer, ...constants], [ctx.write(0, layout)], {
      inner: layout === 'plain' ? sizeOf(dims.slice(2)) : 1,
      activation: 'none',
      alpha: 0,
      beta: 0,
    });
    return true;
  },
  channels: { links: channelLinks },
});

function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const [batch] = planeChannels.links(ctx);
  const statistics = [2, 3, 4].map((i) => inputEnd(i, 0));
  const running = ctx.outputs.slice(1).map((_, i) => outputEnd(0, {}, i + 1));
  return [
    { ...batch!, ends: [inputEnd(0, 0), outputEnd(0)] },
    {
      count: inputType(ctx, 0).dims[1]!,
      ends: [inputEnd(0, 1), inputEnd(1, 0, { scale: true }), ...statistics, outputEnd(1), ...running],
    },
  ];
}
