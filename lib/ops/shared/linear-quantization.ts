// QuantizeLinear and DequantizeLinear of both domains: parameters for a whole tensor, per index of an axis, or per
// block along an axis.
import { type DType, dtypeFromOnnx, dtypes } from '../../tensor/dtype.js';
import { type Dims, normalizeAxis, sizeOf } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type AttributeSpec,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  type LowerContext,
  type ReferenceContext,
  type TensorType,
} from '../op.js';
import { storedRange } from '../storage.js';
import { checkType, floatTypes, illegalShape, illegalType } from './illegal.js';
import { knownParams, quantizeValue, storedZero } from './quantized.js';

export const quantizeAttributes: Readonly<Record<string, AttributeSpec>> = {
  axis: { type: 'int', default: 1 },
  block_size: { type: 'int', default: 0 },
  output_dtype: { type: 'int', default: 0 },
  precision: { type: 'int', default: 0 },
  saturate: { type: 'int', default: 1 },
};

export const dequantizeAttributes: Readonly<Record<string, AttributeSpec>> = {
  axis: { type: 'int', default: 1 },
  block_size: { type: 'int', default: 0 },
  output_dtype: { type: 'int', default: 0 },
};

const quantizedTypes: readonly DType[] = ['uint8', 'int8', 'uint16', 'int16', 'int32', 'uint4', 'int4'];

type NodeContext = Pick<InferContext, 'node' | 'where'>;

/** Which scale belongs to each element. */
interface Grid {
  /** Index into the scales of element [o, a, i] of [outer, axis, inner]. */
  readonly at: (o: number, a: number, i: number) => number;
  readonly outer: number;
  readonly axis: number;
  readonly inner: number;
}

/** Checks that the dims of a scale fit and says how they are used. */
function gridOf(ctx: NodeContext, x: Dims, scale: Dims): Grid {
  if (sizeOf(scale) === 1 && scale.length <= 1) return { at: () => 0, outer: 1, axis: 1, inner: sizeOf(x) };
  const axis = normalizeAxis(intAttr(ctx.node, 'axis', 1), x.length, ctx.where);
  const split = { outer: sizeOf(x.slice(0, axis)), axis: x[axis], inner: sizeOf(x.slice(axis + 1)) };
  if (scale.length === 1) {
    if (scale[0] !== x[axis]) illegalShape(`${x[axis]} scales along axis ${axis}`, ctx.where, scale);
    return { ...split, at: (_, a) => a };
  }
  const block = intAttr(ctx.node, 'block_size', 0) || Math.ceil(x[axis] / (scale[axis] || 1));
  const blocks = Math.ceil(x[axis] / block);
  if (scale.length !== x.length || scale.some((d, i) => d !== (i === axis ? blocks : x[i])))
    illegalShape(
      `scales of shape [${x.map((d, i) => (i === axis ? blocks : d)).join(',')}]`,
      ctx.where,
      scale,
    );
  return { ...split, at: (o, a, i) => (o * blocks + Math.floor(a / block)) * split.inner + i };
}

/** Calls f(element, scale index) for all elements in order. */
function forEach(grid: Grid, f: (element: number, parameter: number) => void): void {
  let element = 0;
  for (let o = 0; o < grid.outer; o++)
    for (let a = 0; a < grid.axis; a++) for (let i = 0; i < grid.inner; i++) f(element++, grid.at(o, a, i));
}

function quantizedType(ctx: InferContext): DType {
  const zero = ctx.inputs[2];
  const code = intAttr(ctx.node, 'output_dtype', 0);
  const dtype = zero?.dtype ?? (code === 0 ? 'uint8' : dtypeFromOnnx(code, ctx.where));
  checkType(dtype, quantizedTypes, 'a zero point', ctx.where);
  return dtype;
}

function checkZero(ctx: InferContext): void {
  const scale = inputType(ctx, 1).dims;
  const zero = ctx.inputs[2]?.dims;
  if (zero !== undefined && sizeOf(zero) !== sizeOf(scale))
    illegalShape(`zero points of shape [${scale.join(',')}]`, ctx.where, zero);
}

export function inferQuantize(ctx: InferContext): readonly TensorType[] {
  const x = inputType(ctx, 0);
  checkType(x.dtype, [...floatTypes, 'int32'], 'an input', ctx.where);
  gridOf(ctx, x.dims, inputType(ctx, 1).dims);
  checkZero(ctx);
  return [{ dtype: quantizedType(ctx), dims: x.dims }];
}

export function referenceQuantize(ctx: ReferenceContext): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  const scale = inputValue(ctx, 1);
  const types = ctx.inputs.map((t) => t && { dtype: t.dtype, dims: t.dims });
  const dtype = quantizedType({ ...ctx, inputs: types, value: (i) => ctx.inputs[i] });
  const values = toNumbers(x);
  const scales = toNumbers(scale);
  const zeros = ctx.inputs[2] === undefined ? new Float64Array(scales.length) : toNumbers(ctx.inputs[2]);
  const out = new Float64Array(values.length);
  forEach(gridOf(ctx, x.dims, scale.dims), (element, p) => {
    out[element] = quantizeValue(values[element], { scale: scales[p], zero: zeros[p], dtype });
  });
  return [fromNumbers(dtype, x.dims, out)];
}

export function inferDequantize(ctx: InferContext): readonly TensorType[] {
  const x = inputType(ctx, 0);
  const scale = inputType(ctx, 1);
  checkType(x.dtype, quantizedTypes, 'an input', ctx.where);
  checkType(scale.dtype, floatTypes, 'a scale', ctx.where);
  const zero = ctx.inputs[2];
  if (zero !== undefined && zero.dtype !== x.dtype)
    illegalType(`a zero point of type ${x.dtype}`, ctx.where, zero.dtype);
  gridOf(ctx, x.dims, scale.dims);
  checkZero(ctx);
  return [{ dtype: scale.dtype, dims: x.dims }];
}

export function referenceDequantize(ctx: ReferenceContext): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  const scale = inputValue(ctx, 1);
  const values = toNumbers(x);
  const scales = toNumbers(scale);
  const zeros = ctx.inputs[2] === undefined ? new Float64Array(scales.length) : toNumbers(ctx.inputs[2]);
  forEach(gridOf(ctx, x.dims, scale.dims), (element, p) => {
    values[element] = Math.fround(values[element] - zeros[p]) * scales[p];
  });
  return [fromNumbers(scale.dtype, x.dims, values)];
}

const isByte = (dtype: DType): boolean =>
  dtypes[dtype].bits === 8 && dtypes[dtype].integer && dtype !== 'bool';

export function lowerQuantize(ctx: LowerContext): boolean {
  const { dtype } = ctx.outputs[0];
  const params = knownParams(ctx, 1, dtype);
  if (inputType(ctx, 0).dtype !== 'float32' || !isByte(dtype) || params === undefined) return false;
  const layout = ctx.layoutOf(0);
  const [lo, hi] = storedRange;
  ctx.emit('quantize', [ctx.read(0, layout)], [ctx.write(0, layout)], {
    scale: params.scale,
    zero: storedZero(params),
    lo,
    hi,
  });
  return true;
}

export function lowerDequantize(ctx: LowerContext): boolean {
  const { dtype } = inputType(ctx, 0);
  const params = knownParams(ctx, 1, dtype);
  if (ctx.outputs[0].dtype !== 'float32' || !isByte(dtype) || params === undefined) return false;
  const layout = ctx.layoutOf(0);
  ctx.emit('dequantize', [ctx.read(0, layout)], [ctx.write(0, layout)], {
    scale: params.scale,
    zero: storedZero(params),
  });
  return true;
}
