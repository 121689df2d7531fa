// 1 with the probability that the input gives for each element, else 0.
import { dtypeFromOnnx, dtypes } from '../tensor/dtype.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { defineOp, inputValue, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { seededNumbers } from './shared/random-numbers.js';

export const bernoulli = defineOp({
  op: 'Bernoulli',
  domain: '',
  since: 15,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { dtype: { type: 'int', default: null }, seed: { type: 'float', default: null } },
  infer: (ctx) => {
    const { dtype, dims } = typedInput(ctx, 0, floatTypes);
    return [{ dtype: dtypeFromOnnx(intAttr(ctx.node, 'dtype', dtypes[dtype].onnx), ctx.where), dims }];
  },
  reference: (ctx) => {
    const p = inputValue(ctx, 0);
    const uniform = seededNumbers(ctx.node);
    const dtype = dtypeFromOnnx(intAttr(ctx.node, 'dtype', dtypes[p.dtype].onnx), ctx.where);
    return [
      fromNumbers(
        dtype,
        p.dims,
        toNumbers(p).map((v) => Number(uniform() < v)),
      ),
    ];
  },
  gradient: notDifferentiable('it draws random numbers'),
  cost: noMacs,
  quantize: staysFloat('it is random'),
  lower: 'host',
  random: true,
});
