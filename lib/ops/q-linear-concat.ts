// QLinearConcat (com.microsoft): Y_scale, Y_zero, then (tensor, scale, zero) for each part; parts are brought to the
// scale of the output.
import { type Dims, normalizeAxis, sizeOf } from '../tensor/shape.js';
import { allocate, tensor } from '../tensor/tensor.js';
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
import { noActivation } from './shared/activation.js';
import { byteTable, lookUp } from './shared/byte-table.js';
import { illegalShape } from './shared/illegal.js';
import { physicalAxis, splitDims } from './shared/physical-axis.js';
import {
  byteInput,
  byteType,
  checkScalarParams,
  knownParams,
  type Scalar8,
  scalarParams,
} from './shared/quantized.js';

/** Input index of each part; scale and zero point follow. */
const partsOf = (ctx: { inputs: readonly unknown[] }): number[] =>
  Array.from({ length: Math.floor((ctx.inputs.length - 2) / 3) }, (_, i) => 2 + 3 * i);

const axisOf = (ctx: Pick<InferContext, 'node' | 'where'>, rank: number): number =>
  normalizeAxis(intAttr(ctx.node, 'axis'), rank, ctx.where);

function outputDims(ctx: Pick<InferContext, 'node' | 'where'>, parts: readonly Dims[]): number[] {
  const [first] = parts;
  const axis = axisOf(ctx, first.length);
  for (const dims of parts)
    if (dims.length !== first.length || dims.some((d, i) => i !== axis && d !== first[i]))
      illegalShape(`parts that differ along axis ${axis} only`, ctx.where, dims);
  return first.map((d, i) => (i === axis ? parts.reduce((sum, dims) => sum + dims[axis], 0) : d));
}

const sameParams = (a: Scalar8, b: Scalar8): boolean =>
  a.scale === b.scale && a.zero === b.zero && a.dtype === b.dtype;

export const qLinearConcat = defineOp({
  op: 'QLinearConcat',
  domain: 'com.microsoft',
  since: 1,
  inputs: [5, Number.POSITIVE_INFINITY],
  outputs: [1, 1],
  attributes: { axis: { type: 'int' } },
  infer: (ctx) => {
    checkScalarParams(ctx, 0, 'Y');
    const parts = partsOf(ctx);
    for (const i of parts) {
      byteInput(ctx, i, i + 2, 'a part');
      checkScalarParams(ctx, i + 1, 'a part');
    }
    const dims = outputDims(
      ctx,
      parts.map((i) => inputType(ctx, i).dims),
    );
    return [{ dtype: byteType(ctx, 1, 'a Y zero point'), dims }];
  },
  reference: (ctx) => {
    const y = scalarParams(ctx, 0, inputValue(ctx, 1).dtype);
    const to = y.dtype === 'int8' ? 'int8' : 'uint8';
    const parts = partsOf(ctx).map((i) => {
      const part = inputValue(ctx, i);
      return lookUp(part, byteTable(noActivation, scalarParams(ctx, i + 1, part.dtype), y), to);
    });
    const dims = outputDims(
      ctx,
      parts.map((part) => part.dims),
    );
    const axis = axisOf(ctx, dims.length);
    const row = sizeOf(dims.slice(axis));
    const data = allocate(to, dims) as Uint8Array;
    let offset = 0;
    for (const part of parts) {
      const length = sizeOf(part.dims.slice(axis));
      for (let o = 0; o * row < data.length; o++)
        data.set((part.data as Uint8Array).subarray(o * length, (o + 1) * length), o * row + offset);
      offset += length;
    }
    return [tensor(to, dims, data)];
  },
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: noMacs,
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => {
    const output = ctx.outputs[0];
    const y = knownParams(ctx, 0, output.dtype);
    const parts = partsOf(ctx).map((i) => ({ i, params: knownParams(ctx, i + 1, inputType(ctx, i).dtype) }));
    if (y === undefined || parts.some(({ params }) => params === undefined)) return false;
    const layout = parts.every(({ i }) => ctx.layoutOf(i) === 'channels-last') ? 'channels-last' : 'plain';
    const target = ctx.write(0, layout);
    const axis = physicalAxis(target, axisOf(ctx, output.dims.length));
    const [outer, , inner] = splitDims(target.dims, axis);
    const row = target.dims[axis] * inner;
    let offset = 0;
    for (const { i, params } of parts) {
      let part = ctx.read(i, layout);
      const length = part.dims[axis] * inner;
      if (params !== undefined && !sameParams(params, y)) {
        const scaled = ctx.temporary('uint8', part.dims);
        ctx.emit('table_u8', [part, ctx.constant(byteTable(noActivation, params, y))], [scaled], {});
        part = scaled;
      }
      const strides = { xOffset: 0, xStrides: [length, 1], yOffset: offset, yStrides: [row, 1] };
      ctx.emit('copy', [part], [target], { dims: [outer, length], ...strides });
      offset += length;
    }
    return true;
  },
});
