// BatchNormalization: one multiply and one add per element, from constants folded in float32. In training mode the
// statistics are those of the input, and the running ones move towards them.

import type { Node } from '../graph/graph.js';
import { sizeOf } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';
import { fromNumbers, tensor, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  floatAttr,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { checkRank, checkType, floatTypes, illegalShape } from './shared/illegal.js';

const defaultEpsilon = Math.fround(1e-5);

/** y = x * factors[c] + addends[c]. */
function fold(
  [scale, shift, mean, variance]: readonly TensorValue[],
  epsilon: number,
): { factors: Float32Array; addends: Float32Array } {
  const [g, b, m, v] = [scale, shift, mean, variance].map(toNumbers);
  const factors = Float32Array.from(g, (value, c) => {
    const deviation = Math.fround(Math.sqrt(Math.fround(v[c] + epsilon)));
    return value / deviation;
  });
  return { factors, addends: Float32Array.from(b, (value, c) => value - Math.fround(m[c] * factors[c])) };
}

const isTraining = (node: Node): boolean => intAttr(node, 'training_mode', 0) !== 0;

/** Mean and variance of every channel. */
function momentsOf(x: TensorValue): [TensorValue, TensorValue] {
  const [channels, area] = [x.dims[1], sizeOf(x.dims.slice(2))];
  const count = x.data.length / channels;
  const values = toNumbers(x);
  const sums = (f: (v: number, c: number) => number): Float64Array => {
    const out = new Float64Array(channels);
    values.forEach((v, i) => {
      const c = Math.floor(i / area) % channels;
      out[c] += f(v, c);
    });
    return out.map((v) => v / count);
  };
  const mean = sums((v) => v);
  const variance = sums((v, c) => (v - mean[c]) ** 2);
  return [fromNumbers('float32', [channels], mean), fromNumbers('float32', [channels], variance)];
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
  attributes: {
    epsilon: { type: 'float', default: defaultEpsilon },
    momentum: { type: 'float', default: Math.fround(0.9) },
    training_mode: { type: 'int', default: 0 },
  },
  infer: (ctx) => {
    const type = inputType(ctx, 0);
    checkType(type.dtype, floatTypes, 'an input', ctx.where);
    checkRank(type.dims, 2, 'an input', ctx.where);
    for (const i of [1, 2, 3, 4]) {
      const { dims } = inputType(ctx, i);
      if (dims.length !== 1 || dims[0] !== type.dims[1])
        illegalShape(`parameters of shape [${type.dims[1]}]`, ctx.where, dims);
    }
    if (!isTraining(ctx.node)) return [type];
    return [type, inputType(ctx, 3), inputType(ctx, 4)].slice(0, ctx.node.outputs.length);
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const running = [1, 2, 3, 4].map((i) => inputValue(ctx, i));
    const parameters = isTraining(ctx.node) ? [...running.slice(0, 2), ...momentsOf(x)] : running;
    const { factors, addends } = fold(parameters, floatAttr(ctx.node, 'epsilon', defaultEpsilon));
    const area = sizeOf(x.dims.slice(2));
    const y = toNumbers(x).map((v, i) => {
      const c = Math.floor(i / area) % x.dims[1];
      return Math.fround(v * factors[c]) + addends[c];
    });
    const outputs = [fromNumbers(x.dtype, x.dims, y)];
    if (!isTraining(ctx.node)) return outputs;
    const momentum = floatAttr(ctx.node, 'momentum', Math.fround(0.9));
    for (const i of [2, 3]) outputs.push(blend(running[i], parameters[i], momentum));
    return outputs.slice(0, ctx.node.outputs.length);
  },
  gradient: notDifferentiable('networks that are trained here do not contain it'),
  cost: noMacs,
  quantize: staysFloat('it is folded into the convolution before it'),
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const parameters = [1, 2, 3, 4].map((i) => ctx.value(i)).filter((value) => value !== undefined);
    if (dtype !== 'float32' || parameters.length < 4 || isTraining(ctx.node)) return false;
    const { factors, addends } = fold(parameters, floatAttr(ctx.node, 'epsilon', defaultEpsilon));
    const layout = dims.length > 2 ? 'channels-last' : 'plain';
    const constants = [factors, addends].map((values) => ctx.constant(tensor('float32', [dims[1]], values)));
    ctx.emit('scale_shift_f32', [ctx.read(0, layout), ...constants], [ctx.write(0, layout)], {
      activation: 'none',
      alpha: 0,
      beta: 0,
    });
    return true;
  },
});
