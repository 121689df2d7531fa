// UnaryGradient (ai.kompakt): gradient * f'(v) for an elementwise f; v is x or y = f(x), as gradients/derivatives.ts says.
import { sameDims } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { derivatives } from './gradients/derivatives.js';
import { defineOp, inputType, inputValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { activationAttributes, activationOf } from './shared/activation.js';
import { checkType, floatTypes, illegalShape } from './shared/illegal.js';

export const unaryGradient = defineOp({
  op: 'UnaryGradient',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: activationAttributes,
  infer: (ctx) => {
    const type = inputType(ctx, 0);
    checkType(type.dtype, floatTypes, 'an input', ctx.where);
    const { dims } = inputType(ctx, 1);
    if (!sameDims(type.dims, dims)) illegalShape(`a value of shape [${type.dims}]`, ctx.where, dims);
    return [type];
  },
  reference: (ctx) => {
    const { dtype, dims } = inputValue(ctx, 0);
    const values = toNumbers(inputValue(ctx, 1));
    const { activation, alpha, beta } = activationOf(ctx.node);
    const { at } = derivatives[activation];
    const y = toNumbers(inputValue(ctx, 0)).map((gradient, i) => gradient * at(values[i], alpha, beta));
    return [fromNumbers(dtype, dims, y)];
  },
  gradient: notDifferentiable('second derivatives are not needed for training'),
  cost: noMacs,
  quantize: staysFloat('gradients need more than 8 bits'),
  lower: (ctx) => {
    if (inputType(ctx, 0).dtype !== 'float32') return false;
    const { activation, alpha, beta } = activationOf(ctx.node);
    const layout = ctx.layoutOf(1);
    const inputs = [ctx.read(0, layout), ctx.read(1, layout)];
    ctx.emit('unary_gradient_f32', inputs, [ctx.write(0, layout)], { op: activation, alpha, beta });
    return true;
  },
});
