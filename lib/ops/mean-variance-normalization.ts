// Subtracts the mean over some axes and divides by the standard deviation.
import { type Dims, normalizeAxis, sizeOf, stridesOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intsAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { Body } from './shared/body.js';
import { floatTypes, stridedOffsets, typedInput } from './shared/elements.js';

export const meanVarianceNormalization = defineOp({
  op: 'MeanVarianceNormalization',
  domain: '',
  since: 9,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { axes: { type: 'ints', default: [0, 2, 3] } },
  infer: (ctx) => [typedInput(ctx, 0, floatTypes)],
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const axes = axesOf(ctx, x.dims);
    const kept = x.dims.map((_, i) => i).filter((i) => !axes.includes(i));
    const strides = stridesOf(x.dims);
    const offsets = (some: readonly number[]) =>
      stridedOffsets(
        some.map((i) => x.dims[i]),
        some.map((i) => strides[i]),
      );
    const within = offsets(axes);
    const count = sizeOf(axes.map((i) => x.dims[i]));
    const values = toNumbers(x);
    const y = new Float64Array(values.length);
    for (const start of offsets(kept)) {
      const mean = within.reduce((sum, at) => sum + values[start + at], 0) / count;
      const variance = within.reduce((sum, at) => sum + (values[start + at] - mean) ** 2, 0) / count;
      for (const at of within) y[start + at] = (values[start + at] - mean) / (Math.sqrt(variance) + 1e-9);
    }
    return [fromNumbers(x.dtype, x.dims, y)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('means and variances need more than 8 bits'),
  lower: 'host',
  inline: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    if (dtype !== 'float32' || dims.includes(0)) return undefined;
    const axes = axesOf(ctx, dims);
    const body = new Body(ctx);
    const centred = body.one('Sub', [body.input(0), body.reduce('ReduceMean', body.input(0), axes)]);
    const count = sizeOf(axes.map((i) => dims[i]));
    const deviation = body.multiply(body.reduce('ReduceL2', centred, axes), 1 / Math.sqrt(count));
    return body.finish([body.one('Div', [centred, body.add(deviation, body.scalar(1e-9))])]);
  },
});

const axesOf = ({ node, where }: Pick<InferContext, 'node' | 'where'>, dims: Dims): readonly number[] =>
  (intsAttr(node, 'axes') ?? [0, 2, 3]).map((axis) => normalizeAxis(axis, dims.length, where));
