// Convolutions on 8-bit integers: QLinearConv, QConv and QConvTranspose share their first nine inputs
// (x, x_scale, x_zero, w, w_scale, w_zero, y_scale?, y_zero?, bias?); QConv adds a residual and a table.
import { attr } from '../../graph/attribute.js';
import type { Graph, Node } from '../../graph/graph.js';
import { type DType, dtypes } from '../../tensor/dtype.js';
import { broadcastDims, type Dims, sameDims } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type Cost,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  type LowerContext,
  type ReferenceContext,
  type TensorType,
} from '../op.js';
import { storageBias, storedRange } from '../storage.js';
import { Body } from './body.js';
import { isFlat, readNhwc, weightsOhwi, weightsS8, window2d, writeNhwc } from './conv-lowering.js';
import { type ConvGeometry, convMacs, convolve, outputDims } from './convolution.js';
import { costOf } from './cost.js';
import { broadcastTo } from './float-product.js';
import { checkType, illegalShape } from './illegal.js';
import {
  byteInput,
  byteType,
  centered,
  checkScalarParams,
  combinedScale,
  knownParams,
  requantizeValue,
  type Scalar8,
  saturate,
  scalarParams,
  storedZero,
} from './quantized.js';
import { addQuantized } from './quantized-sum.js';
import { accumulatorScales, allFinite, perChannel, storedWeightZeros } from './weight-params.js';

export type GeometryOf = (node: Node, where: string, x: Dims, w: Dims) => ConvGeometry;

const X = 0;
const W = 3;
const W_SCALE = 4;
const W_ZERO = 5;
const Y = 6;
const BIAS = 8;
const RESIDUAL = 9;
const SUM = 12;
const TABLE = 14;

function geometryAt(geometry: GeometryOf, ctx: InferContext): ConvGeometry {
  return geometry(ctx.node, ctx.where, inputType(ctx, X).dims, inputType(ctx, W).dims);
}

function checkChannels(ctx: InferContext, i: number, channels: readonly number[], what: string): void {
  const type = ctx.inputs[i];
  if (type !== undefined && (type.dims.length > 1 || ![1, ...channels].includes(type.dims[0] ?? 1)))
    illegalShape(`${what} of shape [${channels[0]}]`, ctx.where, type.dims);
}

export function inferQuantizedConv(geometry: GeometryOf, ctx: InferContext): readonly TensorType[] {
  byteInput(ctx, X, X + 2, 'x');
  byteInput(ctx, W, W_ZERO, 'weights');
  const g = geometryAt(geometry, ctx);
  const dims = outputDims(g);
  checkScalarParams(ctx, X + 1, 'x');
  checkChannels(ctx, W_SCALE, [dims[1], g.filters], 'a weight scale');
  checkChannels(ctx, W_ZERO, [dims[1], g.filters], 'a weight zero point');
  const bias = ctx.inputs[BIAS];
  if (bias !== undefined) {
    checkType(bias.dtype, ['int32'], 'a bias', ctx.where);
    if (bias.dims.join() !== String(dims[1]))
      illegalShape(`a bias of shape [${dims[1]}]`, ctx.where, bias.dims);
  }
  if (ctx.inputs[Y] === undefined) return [{ dtype: 'float32', dims }];
  checkScalarParams(ctx, Y, 'y');
  if (ctx.inputs[RESIDUAL] !== undefined) {
    byteInput(ctx, RESIDUAL, RESIDUAL + 2, 'a residual');
    checkScalarParams(ctx, SUM, 'the sum');
    const all = broadcastDims([dims, ctx.inputs[RESIDUAL].dims], ctx.where);
    return [{ dtype: byteType(ctx, SUM + 1, 'a sum zero point'), dims: all }];
  }
  return [{ dtype: byteType(ctx, Y + 1, 'a y zero point'), dims }];
}

/** Weights minus the zero point of their output channel. */
export function centeredWeights(
  w: TensorValue,
  wZero: TensorValue | undefined,
  g: ConvGeometry,
): Float64Array {
  const values = toNumbers(w);
  const zeros = wZero === undefined ? [0] : toNumbers(wZero);
  const row = values.length / (w.dims[0] * (g.transposed ? g.filters : 1));
  for (let i = 0; i < values.length; i++) {
    const r = Math.floor(i / row);
    const o = g.transposed ? Math.floor(r / g.filters / g.channels) * g.filters + (r % g.filters) : r;
    values[i] -= perChannel(zeros, o);
  }
  return values;
}

/** Clamp of the output before residual and table: attributes lo and hi, in the output's own type. */
function clampOf(node: Node, dtype: DType): readonly [number, number] {
  const { min, max } = dtypes[dtype];
  return [saturate(intAttr(node, 'lo', min), dtype), saturate(intAttr(node, 'hi', max), dtype)];
}

export function referenceQuantizedConv(geometry: GeometryOf, ctx: ReferenceContext): readonly TensorValue[] {
  const x = inputValue(ctx, X);
  const w = inputValue(ctx, W);
  const g = geometry(ctx.node, ctx.where, x.dims, w.dims);
  const px = scalarParams(ctx, X + 1, x.dtype);
  const sums = convolve(centered(x, px.zero), centeredWeights(w, ctx.inputs[W_ZERO], g), g, Int32Array);
  const dims = outputDims(g);
  const area = sums.length / (dims[0] * dims[1]);
  const channel = (i: number): number => Math.floor(i / area) % dims[1];
  const bias = ctx.inputs[BIAS]?.data as Int32Array | undefined;
  if (bias !== undefined) for (let i = 0; i < sums.length; i++) sums[i] += bias[channel(i)];
  const wScales = toNumbers(inputValue(ctx, W_SCALE));
  const py = ctx.inputs[Y] && scalarParams(ctx, Y, ctx.inputs[Y + 1]?.dtype ?? 'uint8');
  const scales = Float32Array.from({ length: dims[1] }, (_, o) =>
    combinedScale(px.scale, perChannel(wScales, o), py?.scale),
  );
  if (py === undefined)
    return [
      fromNumbers(
        'float32',
        dims,
        Float32Array.from(sums, (v, i) => Math.fround(v) * scales[channel(i)]),
      ),
    ];
  const [lo, hi] = clampOf(ctx.node, py.dtype);
  const y = Float64Array.from(sums, (v, i) =>
    Math.min(hi, Math.max(lo, requantizeValue(v, scales[channel(i)], py.zero))),
  );
  return [finish(ctx, y, py, dims)];
}

/** Adds the residual and looks values up in the table, where there are such. */
function finish(ctx: ReferenceContext, sums: Float64Array, py: Scalar8, dims: Dims): TensorValue {
  const residual = ctx.inputs[RESIDUAL];
  const pr = residual && scalarParams(ctx, RESIDUAL + 1, residual.dtype);
  const ps = pr && scalarParams(ctx, SUM, inputValue(ctx, SUM + 1).dtype);
  const out = ps ?? py;
  const all = residual === undefined ? dims : broadcastDims([dims, residual.dims], ctx.where);
  const y = broadcastTo(sums, dims, all);
  if (residual !== undefined && pr !== undefined && ps !== undefined) {
    const other = broadcastTo(toNumbers(residual), residual.dims, all);
    const [fy, fr] = [Math.fround(py.scale / ps.scale), Math.fround(pr.scale / ps.scale)];
    for (let i = 0; i < y.length; i++)
      y[i] = saturate(addQuantized(fy, y[i] - py.zero, fr, other[i] - pr.zero, ps.zero), ps.dtype);
  }
  const table = ctx.inputs[TABLE];
  const bias = storageBias(out.dtype);
  if (table !== undefined)
    for (let i = 0; i < y.length; i++) y[i] = (table.data[y[i] + bias] as number) - bias;
  return fromNumbers(out.dtype, all, y);
}

export const costQuantizedConv = (geometry: GeometryOf, ctx: InferContext): Cost =>
  costOf(convMacs(geometryAt(geometry, ctx)), ctx);

/** Everything that a lowering needs to know at plan time; undefined when some of it is only known at run time. */
function planValues(ctx: LowerContext) {
  const px = knownParams(ctx, X + 1, inputType(ctx, X).dtype);
  const w = ctx.value(W);
  const wScale = ctx.value(W_SCALE);
  const wZero = ctx.value(W_ZERO);
  const bias = ctx.value(BIAS);
  const quantized = ctx.inputs[Y] !== undefined;
  const py = quantized ? knownParams(ctx, Y, ctx.inputs[Y + 1]?.dtype ?? 'uint8') : undefined;
  if (px === undefined || w === undefined || wScale === undefined) return undefined;
  if ((quantized && py === undefined) || (ctx.inputs[W_ZERO] && !wZero) || (ctx.inputs[BIAS] && !bias))
    return undefined;
  return { px, w, wScale, wZero, bias, py };
}

/** [fy, fr, residualZero, sumZero, sumLo, sumHi] of conv_u8; [] without residual, undefined when not known. */
function residualParams(ctx: LowerContext, py: Scalar8 | undefined): readonly number[] | undefined {
  const residual = ctx.inputs[RESIDUAL];
  if (residual === undefined) return [];
  const pr = knownParams(ctx, RESIDUAL + 1, residual.dtype);
  const ps = knownParams(ctx, SUM, ctx.inputs[SUM + 1]?.dtype ?? 'uint8');
  if (pr === undefined || ps === undefined || py === undefined) return undefined;
  const factors = [Math.fround(py.scale / ps.scale), Math.fround(pr.scale / ps.scale)];
  return [...factors, storedZero(pr), storedZero(ps), ...storedRange];
}

/** Convolution, sum and table on their own, where the step cannot add the residual: the shapes differ. */
export function separateSum(geometry: GeometryOf, ctx: InferContext): Graph | undefined {
  const { node } = ctx;
  const residual = ctx.inputs[RESIDUAL];
  if (residual === undefined || sameDims(residual.dims, outputDims(geometryAt(geometry, ctx))))
    return undefined;
  const dtype = byteType(ctx, SUM + 1, 'a sum zero point');
  const body = new Body(ctx);
  const y = body.one(node.op, node.inputs.slice(0, RESIDUAL), node.attributes, node.domain);
  const operands = [y, ...node.inputs.slice(Y, BIAS), ...node.inputs.slice(RESIDUAL, TABLE)];
  const sum = body.one('QLinearAdd', operands, {}, 'com.microsoft');
  if (ctx.inputs[TABLE] === undefined) return body.finish([sum], dtype);
  const to = attr.int(dtypes[dtype].onnx);
  return body.finish([body.one('QTable', [sum, body.input(TABLE)], { to }, 'ai.kompakt')], dtype);
}

export function lowerQuantizedConv(geometry: GeometryOf, ctx: LowerContext): boolean {
  const g = geometryAt(geometry, ctx);
  const known = planValues(ctx);
  if (known === undefined || !isFlat(g.window)) return false;
  const { px, w, wScale, wZero, bias, py } = known;
  const channels = g.groups * g.filters;
  const zeros = storedWeightZeros(w, wZero, channels);
  const residual = residualParams(ctx, py);
  const table = ctx.value(TABLE);
  if (residual === undefined || (ctx.inputs[TABLE] && !table) || (g.transposed && zeros !== null))
    return false;
  const [lo, hi] = clampOf(ctx.node, py?.dtype ?? 'uint8');
  const shift = storageBias(py?.dtype ?? 'uint8');
  const params = {
    ...window2d(g.window),
    group: g.groups,
    xZero: storedZero(px),
    yZero: py === undefined ? 0 : storedZero(py),
    lo: lo + shift,
    hi: hi + shift,
  };
  const scales = accumulatorScales(wScale, channels, px.scale, py?.scale);
  if (!allFinite(scales)) return false;
  const inputs = [
    readNhwc(ctx, X),
    weightsOhwi(ctx, weightsS8(w), g),
    bias === undefined ? null : ctx.constant(bias),
    ctx.constant(scales),
  ];
  if (g.transposed) ctx.emit('conv_transpose_u8', inputs, [writeNhwc(ctx, 0)], params);
  else {
    const extra = [
      zeros && ctx.constant(zeros),
      residual.length > 0 ? readNhwc(ctx, RESIDUAL) : null,
      table === undefined ? null : ctx.constant(table),
    ];
    ctx.emit('conv_u8', [...inputs, ...extra], [writeNhwc(ctx, 0)], { ...params, residual });
  }
  return true;
}
