// Products of bits by bits with constant weights: convolutions of images and fully connected layers, each with three kinds
// of output (one-bit-output.ts). Inputs: x [N,C/8,H,W] or [M,K/8] and w [O,C/8,kH,kW] or [N,K/8], packed as in one-bit.ts;
// attribute `channels` is C or K.
import type { Node } from '../../graph/graph.js';
import {
  type AttributeSpec,
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  type LowerContext,
  notDifferentiable,
  type OpDef,
  type ReferenceContext,
  staysFloat,
} from '../op.js';
import { convGeometry } from './conv-geometry.js';
import { readNhwc, weightsOhwi, window2d, writeNhwc } from './conv-lowering.js';
import { type ConvGeometry, convMacs, convolve, outputDims } from './convolution.js';
import { costOf } from './cost.js';
import { checkType, illegalAttribute, illegalShape } from './illegal.js';
import { packedBytes, unpackBits } from './one-bit.js';
import { byteBounds, type OneBitOutput } from './one-bit-output.js';
import { pointWindow } from './product-lowering.js';

/** A convolution, or a matrix product seen as one over images of one pixel. */
export interface OneBitForm {
  readonly rank: 2 | 4;
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  /** The value of padding. */
  readonly padValue: (node: Node, where: string) => number;
}

const channelsAttribute = { channels: { type: 'int' } } as const;

/** All attributes are written out: the function body of the operator refers to them. */
export const convForm: OneBitForm = {
  rank: 4,
  attributes: {
    ...channelsAttribute,
    dilations: { type: 'ints' },
    pad_value: { type: 'int' },
    pads: { type: 'ints' },
    strides: { type: 'ints' },
  },
  padValue: (node, where) => {
    const value = intAttr(node, 'pad_value');
    if (![-1, 0, 1].includes(value)) illegalAttribute('pad_value -1, 0 or 1', where, value);
    return value;
  },
};

export const gemmForm: OneBitForm = { rank: 2, attributes: channelsAttribute, padValue: () => 0 };

const pixelWindow = {
  kernel: [1, 1],
  strides: [1, 1],
  dilations: [1, 1],
  padsBegin: [0, 0],
  padsEnd: [0, 0],
  input: [1, 1],
  output: [1, 1],
} as const;

/** The geometry over bytes: its channels are bytes of eight. */
function geometryOf(form: OneBitForm, ctx: InferContext | ReferenceContext): ConvGeometry {
  const { node, where } = ctx;
  const [x, w] = [ctx.inputs[0]!.dims, ctx.inputs[1]!.dims];
  if (x.length !== form.rank) illegalShape(`an input of rank ${form.rank}`, where, x);
  if (w.length !== form.rank) illegalShape(`weights of rank ${form.rank}`, where, w);
  const channels = intAttr(node, 'channels');
  if (channels < 1 || packedBytes(channels) !== w[1])
    illegalAttribute(`channels that fill ${w[1]} bytes`, where, channels);
  if (form.rank === 4) return convGeometry(node, where, x, w);
  if (w[1] !== x[1]) illegalShape(`weights of ${x[1]} bytes a row`, where, w);
  return { window: pixelWindow, transposed: false, batch: x[0], groups: 1, channels: w[1], filters: w[0] };
}

/** The same over channels. */
const unpackedGeometry = (form: OneBitForm, ctx: InferContext | ReferenceContext): ConvGeometry => ({
  ...geometryOf(form, ctx),
  channels: intAttr(ctx.node, 'channels'),
});

const logicalDims = (form: OneBitForm, g: ConvGeometry): number[] => outputDims(g).slice(0, form.rank);

/** Values [N,C,H,W] with padding written out, and the geometry that then has none. */
function padded(x: Float64Array, g: ConvGeometry, value: number): { x: Float64Array; g: ConvGeometry } {
  const { input, padsBegin, padsEnd } = g.window;
  const [h, w] = input;
  const size = input.map((n, i) => n + padsBegin[i] + padsEnd[i]);
  const out = new Float64Array(g.batch * g.channels * size[0] * size[1]).fill(value);
  for (let i = 0; i < x.length; i++) {
    const [plane, row, column] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    out[(plane * size[0] + row + padsBegin[0]) * size[1] + column + padsBegin[1]] = x[i];
  }
  return { x: out, g: { ...g, window: { ...g.window, input: size, padsBegin: [0, 0], padsEnd: [0, 0] } } };
}

function reference(form: OneBitForm, output: OneBitOutput, ctx: ReferenceContext) {
  const geometry = unpackedGeometry(form, ctx);
  const values = unpackBits(inputValue(ctx, 0), geometry.channels);
  const { x, g } = padded(values, geometry, form.padValue(ctx.node, ctx.where));
  const sums = convolve(x, unpackBits(inputValue(ctx, 1), g.channels), g, Int32Array);
  return [output.finish(ctx, sums, logicalDims(form, g))];
}

function lower(form: OneBitForm, output: OneBitOutput, ctx: LowerContext): boolean {
  const g = geometryOf(form, ctx);
  const weights = ctx.value(1);
  const constants = output.constants(ctx, g.filters);
  if (weights === undefined || constants === undefined) return false;
  const shared = {
    group: 1,
    channels: intAttr(ctx.node, 'channels'),
    padValue: form.padValue(ctx.node, ctx.where),
    yZero: output.storedZero(ctx),
    ...byteBounds,
  } as const;
  if (form.rank === 4) {
    const inputs = [readNhwc(ctx, 0), weightsOhwi(ctx, weights, g), ...constants];
    ctx.emit('conv_b1', inputs, [writeNhwc(ctx, 0)], { ...shared, ...window2d(g.window) });
    return true;
  }
  const rows = ctx.reshape(ctx.read(0, 'plain'), [1, 1, g.batch, g.channels]);
  const filters = ctx.reshape(ctx.constant(weights), [g.filters, 1, 1, g.channels]);
  const y = ctx.write(0, 'plain');
  const { strides, pads, dilations } = pointWindow;
  ctx.emit('conv_b1', [rows, filters, ...constants], [ctx.reshape(y, [1, 1, ...y.dims])], {
    ...shared,
    strides,
    pads,
    dilations,
  });
  return true;
}

/** The definition of an operator of this family. */
export const oneBitProduct = (op: string, form: OneBitForm, output: OneBitOutput): OpDef =>
  defineOp({
    op,
    domain: 'ai.kompakt',
    since: 1,
    inputs: [2 + output.inputs, 2 + output.inputs],
    outputs: [1, 1],
    attributes: form.attributes,
    infer: (ctx) => {
      checkType(inputType(ctx, 0).dtype, ['uint8'], 'packed bits', ctx.where);
      checkType(inputType(ctx, 1).dtype, ['uint8'], 'packed weights', ctx.where);
      form.padValue(ctx.node, ctx.where);
      return [output.infer(ctx, logicalDims(form, unpackedGeometry(form, ctx)))];
    },
    reference: (ctx) => reference(form, output, ctx),
    gradient: notDifferentiable('its values are bits'),
    cost: (ctx) => costOf(convMacs(unpackedGeometry(form, ctx)), ctx),
    quantize: staysFloat('its weights are bits'),
    lower: (ctx) => lower(form, output, ctx),
  });
