// What BatchNormalization and its form for training share: attributes, checks and the moments of a batch.
import { sizeOf } from '../../tensor/shape.js';
import { type TensorValue, toNumbers } from '../../tensor/tensor.js';
import { type AttributeSpec, type InferContext, inputType, type TensorType } from '../op.js';
import { checkRank, checkType, floatTypes, illegalShape } from './illegal.js';

export const defaultEpsilon = Math.fround(1e-5);
export const defaultMomentum = Math.fround(0.9);

export const batchNormAttributes: Readonly<Record<string, AttributeSpec>> = {
  epsilon: { type: 'float', default: defaultEpsilon },
  momentum: { type: 'float', default: defaultMomentum },
};

/** Checks the input and the four parameters of a channel; gives the type of the input. */
export function inferBatchNorm(ctx: InferContext): TensorType {
  const type = inputType(ctx, 0);
  checkType(type.dtype, floatTypes, 'an input', ctx.where);
  checkRank(type.dims, 2, 'an input', ctx.where);
  for (const i of [1, 2, 3, 4]) {
    const { dims } = inputType(ctx, i);
    if (dims.length !== 1 || dims[0] !== type.dims[1])
      illegalShape(`parameters of shape [${type.dims[1]}]`, ctx.where, dims);
  }
  return type;
}

/** Mean and variance of every channel of [N,C,...]. */
export function momentsOf(x: TensorValue): { readonly mean: Float64Array; readonly variance: Float64Array } {
  const [channels, area] = [x.dims[1], sizeOf(x.dims.slice(2))];
  const count = x.data.length / channels;
  const values = toNumbers(x);
  const average = (f: (v: number, c: number) => number): Float64Array => {
    const sums = new Float64Array(channels);
    values.forEach((v, i) => {
      const c = Math.floor(i / area) % channels;
      sums[c] += f(v, c);
    });
    return sums.map((v) => v / count);
  };
  const mean = average((v) => v);
  return { mean, variance: average((v, c) => (v - mean[c]) ** 2) };
}
