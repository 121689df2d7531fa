// RMSNormalization (opset 23 on): all elements from `axis` on over their root mean square, times a scale. Inputs: X, scale.
import { broadcastDims, type Dims, normalizeAxis, sameDims, sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  floatAttr,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { broadcastTo } from './shared/float-product.js';
import { checkType, floatTypes, illegalAttribute, illegalShape } from './shared/illegal.js';
import { emitRootMeanSquare, rootMeanSquare } from './shared/skip-norm.js';

const defaultEpsilon = Math.fround(1e-5);

/** Elements of one row. */
const rowOf = (ctx: Pick<InferContext, 'node' | 'where'>, dims: Dims): number =>
  sizeOf(dims.slice(normalizeAxis(intAttr(ctx.node, 'axis', -1), dims.length, ctx.where)));

const epsilonOf = (ctx: Pick<InferContext, 'node'>): number => floatAttr(ctx.node, 'epsilon', defaultEpsilon);

export const rmsNormalization = defineOp({
  op: 'RMSNormalization',
  domain: '',
  since: 23,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: {
    axis: { type: 'int', default: -1 },
    epsilon: { type: 'float', default: defaultEpsilon },
    stash_type: { type: 'int', default: 1 },
  },
  infer: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    checkType(dtype, floatTypes, 'an input', ctx.where);
    rowOf(ctx, dims);
    const stash = intAttr(ctx.node, 'stash_type', 1);
    if (stash !== 1) illegalAttribute('stash_type 1', ctx.where, stash);
    const scale = inputType(ctx, 1);
    if (!sameDims(broadcastDims([dims, scale.dims], ctx.where), dims))
      illegalShape(`a scale that broadcasts to [${dims.join(',')}]`, ctx.where, scale.dims);
    return [{ dtype: scale.dtype, dims }];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const scale = inputValue(ctx, 1);
    const y = rootMeanSquare(x, rowOf(ctx, x.dims), epsilonOf(ctx));
    const factors = broadcastTo(toNumbers(scale), scale.dims, x.dims);
    return [
      fromNumbers(
        scale.dtype,
        x.dims,
        y.map((v, i) => v * factors[i]),
      ),
    ];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('means and deviations need more than 8 bits'),
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const n = rowOf(ctx, dims);
    const scale = ctx.inputs[1];
    if (dtype !== 'float32' || scale?.dtype !== 'float32' || sizeOf(scale.dims) !== n) return false;
    const rows = [sizeOf(dims) / n, n];
    const factors = ctx.reshape(ctx.read(1, 'plain'), [n]);
    emitRootMeanSquare(ctx, ctx.reshape(ctx.read(0, 'plain'), rows), rows, factors, epsilonOf(ctx));
    return true;
  },
});
