// Scale and shift of the output channels of nodes with constant weights: y' = y * scale[c] + shift[c] moves into
// weights and bias. fold-batch-norm and fold-bias find the scale and shift.
import { attr } from '../graph/attribute.js';
import type { Node } from '../graph/graph.js';
import type { GraphEditor } from '../graph/rewrite.js';
import { floatAttr, intAttr } from '../ops/op.js';
import { type Dims, sizeOf } from '../tensor/shape.js';
import { f32, type TensorValue, toNumbers } from '../tensor/tensor.js';
import { isOp } from './pattern.js';

export interface Affine {
  readonly scale: ArrayLike<number>;
  readonly shift: ArrayLike<number>;
}

export interface ChannelLayout {
  readonly node: Node;
  readonly weight: TensorValue;
  readonly channels: number;
  /** Rank of the output and the axis of its channels. */
  readonly rank: number;
  readonly axis: number;
  /** Output channel of weight element i; `run` elements from any multiple of `run` on have the same one. */
  readonly run: number;
  readonly channelOf: (i: number) => number;
}

/** The output channels of a Conv, ConvTranspose or Gemm with constant float32 weights and bias. */
export function outputChannels(editor: GraphEditor, node: Node | undefined): ChannelLayout | undefined {
  if (!isOp(node, 'Conv', 'ConvTranspose', 'Gemm')) return undefined;
  const weight = editor.constant(node.inputs[1]);
  if (weight?.dtype !== 'float32') return undefined;
  const bias = node.inputs[2] ?? '';
  if (bias !== '' && editor.constant(bias)?.dtype !== 'float32') return undefined;
  const { dims } = weight;
  if (isOp(node, 'Gemm')) {
    const transposed = intAttr(node, 'transB', 0) === 1;
    const channels = dims[transposed ? 0 : 1];
    const channelOf = transposed ? (i: number) => Math.floor(i / dims[1]) : (i: number) => i % channels;
    return { node, weight, channels, rank: 2, axis: 1, run: transposed ? dims[1] : 1, channelOf };
  }
  const shared = { node, weight, rank: dims.length, axis: 1 };
  const kernel = sizeOf(dims.slice(2));
  if (isOp(node, 'Conv')) {
    const row = dims[1] * kernel;
    return { ...shared, channels: dims[0], run: row, channelOf: (i) => Math.floor(i / row) };
  }
  // ConvTranspose weights are [I, O / group, ...]: group g holds rows g * I / group onwards.
  const group = intAttr(node, 'group', 1);
  const [rowsPerGroup, filters] = [dims[0] / group, dims[1]];
  const channelOf = (i: number): number => {
    const r = Math.floor(i / kernel);
    return Math.floor(r / filters / rowsPerGroup) * filters + (r % filters);
  };
  return { ...shared, channels: filters * group, run: kernel, channelOf };
}

/** What a BatchNormalization with constant running statistics does to its channels; undefined where the batch's own count, or
 *  new statistics are wanted. */
export function normalisation(editor: GraphEditor, node: Node, channels: number): Affine | undefined {
  if (intAttr(node, 'training_mode', 0) !== 0 || node.outputs.slice(1).some((name) => name !== ''))
    return undefined;
  const parameters = node.inputs.slice(1, 5).map((name) => editor.constant(name));
  if (parameters.length !== 4 || parameters.some((p) => p?.data.length !== channels)) return undefined;
  const [gamma, beta, mean, variance] = parameters.map((p) => toNumbers(p!));
  const epsilon = floatAttr(node, 'epsilon', 1e-5);
  const scale = gamma.map((g, c) => g / Math.sqrt(variance[c] + epsilon));
  return { scale, shift: beta.map((b, c) => b - mean[c] * scale[c]) };
}

/** Values per channel of a constant that broadcasts over everything else; undefined when it varies elsewhere. */
export function perChannelValues(constant: TensorValue, layout: ChannelLayout): Float64Array | undefined {
  if (constant.dtype !== 'float32' || !broadcastsOverChannels(constant.dims, layout)) return undefined;
  const values = toNumbers(constant);
  return values.length === 1 ? new Float64Array(layout.channels).fill(values[0]) : values;
}

function broadcastsOverChannels(dims: Dims, { rank, axis, channels }: ChannelLayout): boolean {
  if (dims.length > rank) return false;
  const shift = rank - dims.length;
  return dims.every((d, i) => d === 1 || (i + shift === axis && d === channels));
}

/** Replaces `layout.node` and the `folded` node behind it by one node with changed weights. */
export function applyAffine(editor: GraphEditor, layout: ChannelLayout, folded: Node, affine: Affine): void {
  const { node, channels } = layout;
  const gemm = isOp(node, 'Gemm');
  // Gemm: alpha * A B + beta * C. Alpha stays; beta moves into C.
  const beta = gemm ? floatAttr(node, 'beta', 1) : 1;
  const old = biasValues(editor, layout);
  const bias = new Float32Array(channels);
  for (let c = 0; c < channels; c++) bias[c] = beta * old[c] * affine.scale[c] + affine.shift[c];
  const scaled = Array.prototype.some.call(affine.scale, (s: number) => s !== 1);
  const weightName = scaled
    ? editor.addConstant(node.inputs[1], scaledWeight(layout, affine.scale))
    : node.inputs[1];
  const biasName = editor.addConstant(`${node.name}_bias`, f32([channels], bias));
  editor.replace(
    [node, folded],
    [
      {
        ...node,
        inputs: [node.inputs[0], weightName, biasName],
        outputs: folded.outputs.slice(0, 1),
        attributes: gemm ? { ...node.attributes, beta: attr.float(1) } : node.attributes,
      },
    ],
  );
}

function scaledWeight({ weight, run, channelOf }: ChannelLayout, scale: ArrayLike<number>): TensorValue {
  const values = weight.data as Float32Array;
  const out = new Float32Array(values.length);
  for (let start = 0; start < out.length; start += run)
    scaleRun(values, start, start + run, scale[channelOf(start)], out);
  return f32(weight.dims, out);
}

/** A function of its own: nearly all the time is spent here, and V8 compiles it in a tenth of the time that it would take for
 *  the one around it. */
function scaleRun(from: Float32Array, start: number, end: number, factor: number, to: Float32Array): void {
  for (let i = start; i < end; i++) to[i] = from[i] * factor;
}

/** True when the bias, if there is one, is one value per channel. */
export function hasChannelBias(editor: GraphEditor, layout: ChannelLayout): boolean {
  const name = layout.node.inputs[2] ?? '';
  const bias = name === '' ? undefined : editor.constant(name);
  if (bias === undefined) return name === '';
  const biasDims = bias.dims;
  return (
    bias.data.length === 1 ||
    (biasDims[biasDims.length - 1] === layout.channels && bias.data.length === layout.channels)
  );
}

function biasValues(editor: GraphEditor, layout: ChannelLayout): ArrayLike<number> {
  const name = layout.node.inputs[2] ?? '';
  const bias = name === '' ? undefined : editor.constant(name);
  if (bias === undefined) return new Float64Array(layout.channels);
  const values = toNumbers(bias);
  return values.length === 1 ? new Float64Array(layout.channels).fill(values[0]) : values;
}
