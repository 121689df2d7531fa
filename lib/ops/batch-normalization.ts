// BatchNormalization in inference: one multiply and one add per element, from constants folded in float32.

import { KompaktError } from '../errors.js';
import { sizeOf } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';
import { fromNumbers, tensor, toNumbers } from '../tensor/tensor.js';
import { defineOp, floatAttr, inputType, inputValue, intAttr, noMacs, staysFloat } from './op.js';
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

export const batchNormalization = defineOp({
  op: 'BatchNormalization',
  domain: '',
  since: 9,
  inputs: [5, 5],
  outputs: [1, 5],
  attributes: {
    epsilon: { type: 'float', default: defaultEpsilon },
    momentum: { type: 'float', default: Math.fround(0.9) },
    training_mode: { type: 'int', default: 0 },
  },
  infer: (ctx) => {
    const type = inputType(ctx, 0);
    checkType(type.dtype, floatTypes, 'an input', ctx.where);
    checkRank(type.dims, 2, 'an input', ctx.where);
    if (intAttr(ctx.node, 'training_mode', 0) !== 0 || ctx.node.outputs.slice(1).some((name) => name !== ''))
      throw new KompaktError('KPT_ONNX_UNSUPPORTED', `Training mode of ${ctx.where} is not supported.`);
    for (const i of [1, 2, 3, 4]) {
      const { dims } = inputType(ctx, i);
      if (dims.length !== 1 || dims[0] !== type.dims[1])
        illegalShape(`parameters of shape [${type.dims[1]}]`, ctx.where, dims);
    }
    return [type];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const parameters = [1, 2, 3, 4].map((i) => inputValue(ctx, i));
    const { factors, addends } = fold(parameters, floatAttr(ctx.node, 'epsilon', defaultEpsilon));
    const area = sizeOf(x.dims.slice(2));
    const y = toNumbers(x).map((v, i) => {
      const c = Math.floor(i / area) % x.dims[1];
      return Math.fround(v * factors[c]) + addends[c];
    });
    return [fromNumbers(x.dtype, x.dims, y)];
  },
  cost: noMacs,
  quantize: staysFloat('it is folded into the convolution before it'),
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const parameters = [1, 2, 3, 4].map((i) => ctx.value(i)).filter((value) => value !== undefined);
    if (dtype !== 'float32' || parameters.length < 4) return false;
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
