// How operators with constant weights take part in quantisation: the nodes that replace them between
// DequantizeLinear and QuantizeLinear.
import type { Attribute, Node } from '../../graph/graph.js';
import { dtypes } from '../../tensor/dtype.js';
import type { Dims } from '../../tensor/shape.js';
import { type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import type { IntegerContext, QuantParams } from '../op.js';
import type { Activation } from './activation.js';
import { combinedScale, quantizeValue, type Scalar8 } from './quantized.js';
import { perChannel } from './weight-params.js';

export const isPerTensor = (params: QuantParams): boolean => params.scale.data.length === 1;

const is8Bit = (params: QuantParams): boolean =>
  params.zeroPoint.dtype === 'uint8' || params.zeroPoint.dtype === 'int8';

/** One scale for an 8-bit tensor: what activations of integer operators must have. */
export const fitsScalarForm = (params: QuantParams): boolean => isPerTensor(params) && is8Bit(params);

const scalar8 = (params: QuantParams): Scalar8 => ({
  scale: toNumbers(params.scale)[0],
  zero: toNumbers(params.zeroPoint)[0],
  dtype: params.zeroPoint.dtype,
});

/** The three inputs value, scale, zero point of a quantised operand, added as constants. */
export function operand(ctx: IntegerContext, name: string, params: QuantParams): [string, string, string] {
  return [
    name,
    ctx.addConstant(`${name}_scale`, params.scale),
    ctx.addConstant(`${name}_zero_point`, params.zeroPoint),
  ];
}

/** Scale and zero point of the output; two absent inputs for float output. */
export function outputParams(ctx: IntegerContext): [string, string] {
  if (ctx.output === undefined) return ['', ''];
  return [
    ctx.addConstant(`${ctx.outputName}_scale`, ctx.output.scale),
    ctx.addConstant(`${ctx.outputName}_zero_point`, ctx.output.zeroPoint),
  ];
}

/**
 * True when input, weights and output are quantised in ways that the integer forms know: weights as a whole, or, where they
 * are constant, by output channel, which is their axis `channelAxis`.
 */
export function fitsIntegerForm(
  ctx: IntegerContext,
  x: { params: QuantParams } | undefined,
  w: { name: string; params: QuantParams } | undefined,
  channelAxis: (weightDims: Dims) => number,
): boolean {
  if (x === undefined || w === undefined || !fitsScalarForm(x.params) || !is8Bit(w.params)) return false;
  if (!isPerTensor(w.params)) {
    const dims = ctx.constant(w.name)?.dims;
    if (dims === undefined) return false;
    const { axis, scale } = w.params;
    const channels = channelAxis(dims);
    if ((axis < 0 ? axis + dims.length : axis) !== channels || scale.data.length !== dims[channels])
      return false;
  }
  return ctx.output === undefined || fitsScalarForm(ctx.output);
}

/** The axis of the weights along which the output channels (of one group) lie. */
export const channelAxis = { QConv: 0, QConvTranspose: 1 } as const;

/** Part of a step of the output by which rounding to int32 may move a bias. With 8 bits it is far less; with few bits the unit of the
 *  sums may be as large as that step. */
const mostMoved = 1 / 16;

/** A bias as int32 in the unit of the sums ('' for none), or as the numbers that are added behind them. */
export type Bias = { readonly int32: string } | { readonly added: Float32Array };

/**
 * The bias of node input `i` for sums in units of sx * sw[o]: as it is when it was quantised so, else converted, or in float where
 * that would move it too far. null when it is not constant or does not fit.
 */
export function biasOf(
  ctx: IntegerContext,
  i: number,
  x: QuantParams,
  w: QuantParams,
  channels: number,
  factor = 1,
): Bias | null {
  const name = ctx.node.inputs[i] ?? '';
  if (name === '') return { int32: '' };
  const quantized = ctx.quantized(i);
  const stored = ctx.constant(quantized?.name ?? name);
  if (stored === undefined || (stored.data.length !== channels && stored.data.length !== 1)) return null;
  const sx = toNumbers(x.scale)[0];
  const sw = toNumbers(w.scale);
  const unit = (o: number): number => combinedScale(sx, perChannel(sw, o));
  if (factor === 1 && quantized !== undefined && matches(stored, quantized.params, unit, channels))
    return { int32: quantized.name };
  const own = quantized?.params;
  const ownScale = own === undefined ? [1] : toNumbers(own.scale);
  const ownZero = own === undefined ? [0] : toNumbers(own.zeroPoint);
  const values = toNumbers(stored);
  const real = (o: number): number =>
    factor * (perChannel(values, o) - perChannel(ownZero, o)) * perChannel(ownScale, o);
  const out = new Float64Array(channels).map((_, o) => Math.round(real(o) / unit(o)));
  if (ctx.output !== undefined) {
    const most = mostMoved * Math.abs(toNumbers(ctx.output.scale)[0]);
    if (out.some((v, o) => Math.abs(v * unit(o) - real(o)) > most))
      return { added: Float32Array.from(out, (_, o) => real(o)) };
  }
  const { min, max } = dtypes.int32;
  if (!out.every((v) => v >= min && v <= max)) return null;
  return { int32: ctx.addConstant(`${name}_int32`, tensor('int32', [channels], Int32Array.from(out))) };
}

/** What an integer product is told of its bias and output, and the nodes behind it that add what it cannot. */
export interface ProductTail {
  readonly bias: string;
  readonly output: string;
  /** Scale and zero point. */
  readonly outputParams: readonly [string, string];
  readonly nodes: readonly Node[];
}

/** `axes`: those of the output behind its channels. */
export function productTail(ctx: IntegerContext, bias: Bias, axes: number): ProductTail {
  const params = outputParams(ctx);
  if ('int32' in bias) return { bias: bias.int32, output: ctx.outputName, outputParams: params, nodes: [] };
  const { name } = ctx.node;
  const dims = [bias.added.length, ...Array.from({ length: axes }, () => 1)];
  const [raw, sum] = [ctx.fresh(`${ctx.outputName}_product`), ctx.fresh(`${ctx.outputName}_sum`)];
  const added = ctx.addConstant(`${name}_bias`, tensor('float32', dims, bias.added));
  const node = (op: string, inputs: readonly string[], output: string): Node => ({
    name: `${name}_${op}`,
    op,
    domain: '',
    inputs,
    outputs: [output],
    attributes: {},
  });
  const nodes = [node('Add', [raw, added], sum), node('QuantizeLinear', [sum, ...params], ctx.outputName)];
  return { bias: '', output: raw, outputParams: ['', ''], nodes };
}

/** True when a stored int32 bias has the scale that accumulators have (files round it in different ways). */
function matches(
  stored: TensorValue,
  params: QuantParams,
  unit: (o: number) => number,
  channels: number,
): boolean {
  if (stored.dtype !== 'int32' || stored.dims.length !== 1 || stored.data.length !== channels) return false;
  if (!toNumbers(params.zeroPoint).every((z) => z === 0)) return false;
  const scales = toNumbers(params.scale);
  for (let o = 0; o < channels; o++) if (Math.abs(perChannel(scales, o) / unit(o) - 1) > 1e-5) return false;
  return true;
}

const int = (value: number): Attribute => ({ type: 'int', value });

/** An activation behind a requantisation as clamp attributes; null when it is more than a clamp. */
export function clampAttributes(
  activation: Activation,
  output: QuantParams | undefined,
): Readonly<Record<string, Attribute>> | null {
  if (activation.activation === 'none') return {};
  if (output === undefined) return null;
  const params = scalar8(output);
  if (activation.activation === 'relu') return { lo: int(quantizeValue(0, params)) };
  if (activation.activation === 'clip')
    return {
      lo: int(quantizeValue(activation.alpha, params)),
      hi: int(quantizeValue(activation.beta, params)),
    };
  return null;
}

/** Attributes of a node that its integer form keeps. */
export function keptAttributes(node: Node, names: readonly string[]): Record<string, Attribute> {
  return Object.fromEntries(Object.entries(node.attributes).filter(([name]) => names.includes(name)));
}

/** QConv or QConvTranspose for a float convolution with inputs X, W, B? and this activation. */
export function integerConv(
  ctx: IntegerContext,
  op: 'QConv' | 'QConvTranspose',
  attributes: readonly string[],
  activation: Activation,
): readonly Node[] | null {
  const x = ctx.quantized(0);
  const w = ctx.quantized(1);
  const axis = channelAxis[op];
  if (!fitsIntegerForm(ctx, x, w, () => axis) || x === undefined || w === undefined) return null;
  const residual = ctx.node.inputs[3] ?? '';
  const weight = ctx.constant(w.name);
  const clamp = clampAttributes(activation, ctx.output);
  if (residual !== '' || weight === undefined || clamp === null) return null;
  if (op === 'QConvTranspose' && Object.keys(clamp).length > 0) return null;
  const group = ctx.node.attributes.group;
  const groups = group?.type === 'int' ? group.value : 1;
  const channels = op === 'QConv' ? weight.dims[axis] : weight.dims[axis] * groups;
  const bias = biasOf(ctx, 2, x.params, w.params, channels);
  if (bias === null || ('added' in bias && Object.keys(clamp).length > 0)) return null;
  const tail = productTail(ctx, bias, weight.dims.length - 2);
  const inputs = [
    ...operand(ctx, x.name, x.params),
    ...operand(ctx, w.name, w.params),
    ...tail.outputParams,
    tail.bias,
  ];
  return [
    {
      name: ctx.node.name,
      op,
      domain: 'ai.kompakt',
      inputs,
      outputs: [tail.output],
      attributes: { ...keptAttributes(ctx.node, attributes), ...clamp },
    },
    ...tail.nodes,
  ];
}
