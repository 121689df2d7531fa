// QLinearSoftmax (com.microsoft): Softmax of 8-bit integers. Attribute opset tells which Softmax: before 13 a row
// runs over all axes from `axis` on.
import { type Dims, normalizeAxis } from '../tensor/shape.js';
import { fromNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { mapRows, softmaxRow } from './shared/axis-rows.js';
import { inferIntegerUnary, planParams, referenceParams } from './shared/integer-unary.js';
import { physicalAxis, splitDims } from './shared/physical-axis.js';
import { dequantized, quantizeValue, storedZero } from './shared/quantized.js';

function axesOf(ctx: Pick<InferContext, 'node' | 'where'>, dims: Dims): readonly [number, number] {
  const axis = normalizeAxis(intAttr(ctx.node, 'axis', -1), dims.length, ctx.where);
  return [axis, intAttr(ctx.node, 'opset', 13) < 13 ? dims.length - 1 : axis];
}

export const qLinearSoftmax = defineOp({
  op: 'QLinearSoftmax',
  domain: 'com.microsoft',
  since: 1,
  inputs: [5, 5],
  optional: [2],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: -1 }, opset: { type: 'int', default: 13 } },
  infer: (ctx) => {
    const { dims } = inputType(ctx, 0);
    axesOf(ctx, dims);
    return [{ dtype: inferIntegerUnary(ctx), dims }];
  },
  reference: (ctx) => {
    const input = inputValue(ctx, 0);
    const { x, y } = referenceParams(ctx);
    const split = splitDims(input.dims, ...axesOf(ctx, input.dims));
    const out = mapRows(Float64Array.from(dequantized(input, x)), split, softmaxRow);
    return [
      fromNumbers(
        y.dtype,
        input.dims,
        out.map((v) => quantizeValue(v, y)),
      ),
    ];
  },
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: noMacs,
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => {
    const params = planParams(ctx);
    if (params === undefined) return false;
    const [first, last] = axesOf(ctx, inputType(ctx, 0).dims);
    const layout = first === last ? ctx.layoutOf(0) : 'plain';
    const x = ctx.read(0, layout);
    const dims = first === last ? splitDims(x.dims, physicalAxis(x, first)) : splitDims(x.dims, first, last);
    ctx.emit('softmax_u8', [ctx.reshape(x, dims)], [ctx.reshape(ctx.write(0, layout), dims)], {
      dims,
      xZero: storedZero(params.x),
      xScale: params.x.scale,
      yScale: params.y.scale,
      yZero: storedZero(params.y),
    });
    return true;
  },
});
