// FakeQuantizeGradient (ai.kompakt): inputs dY, x, scale of FakeQuantize. Outputs dX = dY where low < x / scale < high, else
// 0, and optionally dScale = factor * sum of dY times: the nearer bound beyond the bounds; between them
// inner * (round(x / scale) - x / scale).
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
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
import {
  checkFakeQuantize,
  fakeQuantizeAttributes,
  forEachElement,
  splitOf,
} from './shared/fake-quantization.js';
import { illegalShape } from './shared/illegal.js';

export const fakeQuantizeGradient = defineOp({
  op: 'FakeQuantizeGradient',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [3, 3],
  outputs: [1, 2],
  attributes: {
    ...fakeQuantizeAttributes,
    inner: { type: 'int', default: 0 },
    factor: { type: 'float', default: 1 },
  },
  infer: (ctx) => {
    const [x, scale] = checkFakeQuantize(ctx, 1);
    const { dims } = inputType(ctx, 0);
    if (sizeOf(dims) !== sizeOf(x.dims)) illegalShape(`a gradient of shape [${x.dims}]`, ctx.where, dims);
    return [x, scale].slice(0, ctx.node.outputs.length);
  },
  reference: (ctx) => {
    const [x, scale] = [inputValue(ctx, 1), inputValue(ctx, 2)];
    const dy = toNumbers(inputValue(ctx, 0));
    const [low, high] = [intAttr(ctx.node, 'low'), intAttr(ctx.node, 'high')];
    const inner = intAttr(ctx.node, 'inner', 0);
    const factor = floatAttr(ctx.node, 'factor', 1);
    const dx = new Float64Array(dy.length);
    const dScale = new Float64Array(sizeOf(scale.dims));
    forEachElement(ctx, 1, ({ steps, rounded, channel }, i) => {
      const inside = low < steps && steps < high;
      dx[i] = inside ? dy[i]! : 0;
      const slope = inside ? inner * (rounded - steps) : steps <= low ? low : high;
      dScale[channel]! += dy[i]! * slope;
    });
    return [
      fromNumbers(x.dtype, x.dims, dx),
      fromNumbers(
        scale.dtype,
        scale.dims,
        dScale.map((sum) => factor * sum),
      ),
    ].slice(0, ctx.node.outputs.length);
  },
  gradient: notDifferentiable('second derivatives are not needed for training'),
  cost: noMacs,
  quantize: staysFloat('gradients need more than 8 bits'),
  lower: (ctx) => {
    const [x, scale] = [inputType(ctx, 1), inputType(ctx, 2)];
    if (x.dtype !== 'float32') return false;
    const split = splitOf(ctx, x, scale);
    const layout = split[1] === 1 ? ctx.layoutOf(1) : 'plain';
    const inputs = [ctx.read(0, layout), ctx.read(1, layout), ctx.read(2, 'plain')];
    const outputs = [ctx.write(0, layout)];
    if (ctx.node.outputs.length === 2) outputs.push(ctx.write(1, 'plain'));
    ctx.emit('fake_quantize_gradient_f32', inputs, outputs, {
      dims: split,
      low: intAttr(ctx.node, 'low'),
      high: intAttr(ctx.node, 'high'),
      inner: intAttr(ctx.node, 'inner', 0),
      factor: floatAttr(ctx.node, 'factor', 1),
    });
    return true;
  },
});
