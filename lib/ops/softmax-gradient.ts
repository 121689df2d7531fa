// SoftmaxGradient (ai.kompakt): inputs dY and Y of a Softmax (log = 0: y * (dy - sum dy * y)) or LogSoftmax (log = 1:
// dy - e^y * sum dy), sums along the axis.
import { normalizeAxis, stridesOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { inferRows } from './shared/axis-rows.js';
import { linesOf } from './shared/lines.js';
import { physicalAxis, splitDims } from './shared/physical-axis.js';

export const softmaxGradient = defineOp({
  op: 'SoftmaxGradient',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: -1 }, log: { type: 'int', default: 0 } },
  infer: inferRows,
  reference: (ctx) => {
    const { dtype, dims } = inputValue(ctx, 0);
    const [gradient, y] = [0, 1].map((i) => toNumbers(inputValue(ctx, i)));
    const log = intAttr(ctx.node, 'log', 0) !== 0;
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', -1), dims.length, ctx.where);
    const { starts, length } = linesOf(dims, axis);
    const stride = stridesOf(dims)[axis];
    const out = new Float64Array(y.length);
    for (const start of starts) {
      let sum = 0;
      for (let i = 0; i < length; i++)
        sum += gradient[start + i * stride] * (log ? 1 : y[start + i * stride]);
      for (let i = 0; i < length; i++) {
        const at = start + i * stride;
        out[at] = log ? gradient[at] - Math.exp(y[at]) * sum : y[at] * (gradient[at] - sum);
      }
    }
    return [fromNumbers(dtype, dims, out)];
  },
  gradient: notDifferentiable('second derivatives are not needed for training'),
  cost: noMacs,
  quantize: staysFloat('gradients need more than 8 bits'),
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    if (dtype !== 'float32') return false;
    const layout = ctx.layoutOf(1);
    const y = ctx.read(1, layout);
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', -1), dims.length, ctx.where);
    const split = splitDims(y.dims, physicalAxis(y, axis));
    ctx.emit('softmax_gradient_f32', [ctx.read(0, layout), y], [ctx.write(0, layout)], {
      dims: split,
      log: Number(intAttr(ctx.node, 'log', 0) !== 0),
    });
    return true;
  },
});
