// LayerNormalization: all elements from `axis` on to mean 0 and variance 1, then scale and shift per element.

import { broadcastDims, type Dims, normalizeAxis, sameDims, sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { bodyUnless, layerNormBody } from './gradients/normalization.js';
import {
  defineOp,
  floatAttr,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  staysFloat,
  type TensorType,
} from './op.js';
import { sameChannels } from './shared/channels.js';
import { broadcastTo } from './shared/float-product.js';
import { checkType, floatTypes, illegalShape } from './shared/illegal.js';
import { normalizedRows } from './shared/row-norm.js';

const defaultEpsilon = Math.fround(1e-5);

const axisOf = (ctx: Pick<InferContext, 'node' | 'where'>, dims: Dims): number =>
  normalizeAxis(intAttr(ctx.node, 'axis', -1), dims.length, ctx.where);

/** Outputs that the node asks for: Y, Mean?, InvStdDev?. */
const wanted = (outputs: readonly string[]): number =>
  outputs.reduce((last, name, i) => (name === '' ? last : i + 1), 1);

export const layerNormalization = defineOp({
  op: 'LayerNormalization',
  domain: '',
  since: 17,
  inputs: [2, 3],
  outputs: [1, 3],
  attributes: {
    axis: { type: 'int', default: -1 },
    epsilon: { type: 'float', default: defaultEpsilon },
    stash_type: { type: 'int', default: 1 },
  },
  infer,
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const axis = axisOf(ctx, x.dims);
    const n = sizeOf(x.dims.slice(axis));
    const { y, moments } = normalizedRows(x, n, floatAttr(ctx.node, 'epsilon', defaultEpsilon));
    const scale = inputValue(ctx, 1);
    const shift = ctx.inputs[2];
    const factors = broadcastTo(toNumbers(scale), scale.dims, x.dims);
    const addends = shift === undefined ? undefined : broadcastTo(toNumbers(shift), shift.dims, x.dims);
    const values = y.map((v, i) => v * factors[i] + (addends?.[i] ?? 0));
    const dims = x.dims.map((d, i) => (i < axis ? d : 1));
    return [
      fromNumbers(x.dtype, x.dims, values),
      fromNumbers(
        'float32',
        dims,
        moments.map((m) => m.mean),
      ),
      fromNumbers(
        'float32',
        dims,
        moments.map((m) => m.inverse),
      ),
    ].slice(0, wanted(ctx.node.outputs));
  },
  learns: [1, 2],
  gradient: { body: layerNormBody },
  inline: (ctx) => {
    infer(ctx);
    return bodyUnless(layerNormBody, hasStep)(ctx);
  },
  cost: noMacs,
  quantize: staysFloat('means and variances need more than 8 bits'),
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const n = sizeOf(dims.slice(axisOf(ctx, dims)));
    const scale = ctx.value(1);
    const shift = ctx.value(2);
    if (dtype !== 'float32' || scale === undefined || !hasStep(ctx)) return false;
    const rows = [sizeOf(dims) / n, n];
    const row = (value: typeof scale) => ctx.reshape(ctx.constant(value), [n]);
    ctx.emit(
      'layer_norm_f32',
      [ctx.reshape(ctx.read(0, 'plain'), rows), row(scale), shift === undefined ? null : row(shift)],
      [ctx.reshape(ctx.write(0, 'plain'), rows)],
      { epsilon: floatAttr(ctx.node, 'epsilon', defaultEpsilon) },
    );
    return true;
  },
  channels: sameChannels((ctx) => {
    const { dims } = inputType(ctx, 0);
    return Array.from({ length: axisOf(ctx, dims) }, (_, axis) => axis);
  }),
});

function infer(ctx: InferContext): readonly TensorType[] {
  const type = inputType(ctx, 0);
  checkType(type.dtype, floatTypes, 'an input', ctx.where);
  const axis = axisOf(ctx, type.dims);
  for (const i of [1, 2]) {
    const dims = ctx.inputs[i]?.dims;
    if (dims !== undefined && !sameDims(broadcastDims([type.dims, dims], ctx.where), type.dims))
      illegalShape(`scale and bias that broadcast to [${type.dims.join(',')}]`, ctx.where, dims);
  }
  const moments = { dtype: 'float32', dims: type.dims.map((d, i) => (i < axis ? d : 1)) } as const;
  return [type, moments, moments].slice(0, wanted(ctx.node.outputs));
}

/** Rows of one length, and scale and shift that are constants: all that the step knows. */
function hasStep(ctx: InferContext): boolean {
  const { dims } = inputType(ctx, 0);
  const n = sizeOf(dims.slice(axisOf(ctx, dims)));
  const fits = (i: number): boolean => ctx.inputs[i] === undefined || ctx.value(i)?.data.length === n;
  return wanted(ctx.node.outputs) === 1 && fits(1) && fits(2);
}
