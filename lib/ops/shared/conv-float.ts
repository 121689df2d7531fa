// Floating-point convolutions of every domain: Conv, ConvTranspose and their fused forms differ only in where their
// bias, residual and activation come from.
import type { Node } from '../../graph/graph.js';
import { broadcastDims, type Dims, sameDims } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type Cost,
  type InferContext,
  inputType,
  inputValue,
  type LowerContext,
  type ReferenceContext,
  type TensorType,
} from '../op.js';
import { type Activation, applyActivation } from './activation.js';
import { isFlat, readNhwc, weightsOhwi, window2d, writeNhwc } from './conv-lowering.js';
import { type ConvGeometry, convMacs, convolve, outputDims } from './convolution.js';
import { costOf } from './cost.js';
import { broadcastTo } from './float-product.js';
import { checkType, floatTypes, illegalShape, illegalType } from './illegal.js';

export interface FloatConv {
  readonly geometry: (node: Node, where: string, x: readonly number[], w: readonly number[]) => ConvGeometry;
  readonly activation: (node: Node) => Activation;
  /** Set where the residual is an operand of any sum: sum and residual broadcast to one another. */
  readonly broadcasts?: true;
}

/** Inputs of all float convolutions: X, W, B?, Z? (a residual, added before the activation). */
const BIAS = 2;
export const RESIDUAL = 3;

function geometryOf(conv: FloatConv, ctx: InferContext): ConvGeometry {
  return conv.geometry(ctx.node, ctx.where, inputType(ctx, 0).dims, inputType(ctx, 1).dims);
}

export function inferFloatConv(conv: FloatConv, ctx: InferContext): readonly TensorType[] {
  const { dtype } = inputType(ctx, 0);
  checkType(dtype, floatTypes, 'an input', ctx.where);
  const dims = outputDims(geometryOf(conv, ctx));
  for (const type of ctx.inputs)
    if (type !== undefined && type.dtype !== dtype)
      illegalType(`inputs of type ${dtype}`, ctx.where, type.dtype);
  const bias = ctx.inputs[BIAS];
  if (bias !== undefined && (bias.dims.length !== 1 || bias.dims[0] !== dims[1]))
    illegalShape(`a bias of shape [${dims[1]}]`, ctx.where, bias.dims);
  const residual = ctx.inputs[RESIDUAL];
  if (residual === undefined) return [{ dtype, dims }];
  if (conv.broadcasts) return [{ dtype, dims: broadcastDims([dims, residual.dims], ctx.where) }];
  if (!sameDims(residual.dims, dims))
    illegalShape(`a residual of shape [${dims.join(',')}]`, ctx.where, residual.dims);
  return [{ dtype, dims }];
}

export function referenceFloatConv(conv: FloatConv, ctx: ReferenceContext): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  const w = inputValue(ctx, 1);
  const geometry = conv.geometry(ctx.node, ctx.where, x.dims, w.dims);
  const Sums = x.dtype === 'float64' ? Float64Array : Float32Array;
  let y = convolve<Float32Array | Float64Array>(toNumbers(x), toNumbers(w), geometry, Sums);
  let dims: Dims = outputDims(geometry);
  const bias = ctx.inputs[BIAS];
  if (bias !== undefined) {
    const values = toNumbers(bias);
    const area = y.length / (dims[0] * dims[1]);
    for (let i = 0; i < y.length; i++) y[i] += values[Math.floor(i / area) % dims[1]];
  }
  const residual = ctx.inputs[RESIDUAL];
  if (residual !== undefined) {
    const all = broadcastDims([dims, residual.dims], ctx.where);
    y = Sums.from(broadcastTo(Float64Array.from(y), dims, all));
    const values = broadcastTo(toNumbers(residual), residual.dims, all);
    for (let i = 0; i < y.length; i++) y[i] += values[i];
    dims = all;
  }
  applyActivation(y, conv.activation(ctx.node));
  return [fromNumbers(x.dtype, dims, y)];
}

export const costFloatConv = (conv: FloatConv, ctx: InferContext): Cost =>
  costOf(convMacs(geometryOf(conv, ctx)), ctx);

export function lowerFloatConv(conv: FloatConv, ctx: LowerContext): boolean {
  const geometry = geometryOf(conv, ctx);
  const w = ctx.value(1);
  const residual = ctx.inputs[RESIDUAL] !== undefined;
  const { window, transposed } = geometry;
  if (inputType(ctx, 0).dtype !== 'float32' || (transposed && (residual || !isFlat(window)))) return false;
  const params = { ...window2d(window), group: geometry.groups, ...conv.activation(ctx.node) };
  const inputs = [
    readNhwc(ctx, 0),
    w === undefined ? readNhwc(ctx, 1) : weightsOhwi(ctx, w, geometry),
    ctx.inputs[BIAS] === undefined ? null : ctx.read(BIAS, 'plain'),
  ];
  const all = [...inputs, residual ? readNhwc(ctx, RESIDUAL) : null];
  if (transposed) ctx.emit('conv_transpose_f32', inputs, [writeNhwc(ctx, 0)], params);
  else if (isFlat(window)) ctx.emit('conv_f32', all, [writeNhwc(ctx, 0)], params);
  else {
    const frames = [window.strides[0], window.padsBegin[0], window.dilations[0]] as const;
    ctx.emit('conv_3d_f32', all, [writeNhwc(ctx, 0)], { ...params, frames });
  }
  return true;
}
