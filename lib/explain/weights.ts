// The weights of a layer as the file holds them: in float, as integers with scales, or as bits.
import type { Node } from '../graph/graph.js';
import { opKey } from '../graph/graph.js';
import type { GraphEditor } from '../graph/rewrite.js';
import { ops } from '../ops/index.js';
import { intAttr } from '../ops/op.js';
import { isDequantize } from '../passes/quantized-value.js';
import { type DType, dtypes } from '../tensor/dtype.js';
import type { Dims } from '../tensor/shape.js';
import { stridesOf } from '../tensor/shape.js';
import { type TensorValue, toNumbers } from '../tensor/tensor.js';

export interface StoredWeights {
  /** Name of the constant. */
  readonly constant: string;
  readonly dtype: DType;
  /** Of the layer's weights; for bits those of the packed constant. */
  readonly dims: Dims;
  /** 32, 16, 1, or as many as the integers in use need. */
  readonly bits: number;
  /** Axis of the output channels. */
  readonly axis: number;
  /** The scales of integers: one, or one for each channel; empty for float. */
  readonly scales: Float64Array;
  /** What integers with one scale can stand for; null for others. */
  readonly range: { readonly min: number; readonly max: number } | null;
  /** As a layer computes with them; bits are left packed. */
  readonly values: Float64Array;
  readonly zeros: number;
}

/** undefined for a node without constant weights. */
export function weightsOf(editor: GraphEditor, node: Node): StoredWeights | undefined {
  const def = ops.get(opKey(node));
  const packed =
    node.domain === 'ai.kompakt' && node.op.startsWith('Binary') ? bitsOf(editor, node) : undefined;
  if (packed !== undefined) return packed;
  if (def?.quantize.kind !== 'weighted') return undefined;
  const name = node.inputs[def.quantize.weight] ?? '';
  const axisFor = (dims: Dims): number => {
    const rule = def.quantize as Extract<typeof def.quantize, { kind: 'weighted' }>;
    return rule.axis({ node, weightDims: dims });
  };
  const float = editor.constant(name);
  if (float !== undefined)
    return float.data.length > 0 ? ofFloat(name, float, axisFor(float.dims)) : undefined;
  const maker = editor.producer(name);
  const stored = isDequantize(maker) ? editor.constant(maker.inputs[0]!) : undefined;
  const scale = isDequantize(maker) ? editor.constant(maker.inputs[1]!) : undefined;
  if (!isDequantize(maker) || stored === undefined || scale === undefined) return undefined;
  const zero = editor.constant(maker.inputs[2] ?? '');
  return ofIntegers(maker, stored, scale, zero, axisFor(stored.dims));
}

/** One scale for each index of an axis. */
export const channelOf = (dims: Dims, axis: number): ((i: number) => number) => {
  const stride = stridesOf(dims)[axis] ?? 1;
  const channels = dims[axis] ?? 1;
  return (i) => Math.floor(i / stride) % channels;
};

function ofFloat(constant: string, value: TensorValue, axis: number): StoredWeights {
  const values = toNumbers(value);
  return {
    constant,
    dtype: value.dtype,
    dims: value.dims,
    bits: value.dtype === 'float32' ? 32 : 16,
    axis,
    scales: new Float64Array(0),
    range: null,
    values,
    zeros: values.reduce((count, v) => count + Number(v === 0), 0),
  };
}

function ofIntegers(
  maker: Node,
  stored: TensorValue,
  scale: TensorValue,
  zero: TensorValue | undefined,
  axis: number,
): StoredWeights {
  const scales = toNumbers(scale);
  const zeroPoints = zero === undefined ? new Float64Array(1) : toNumbers(zero);
  const along = intAttr(maker, 'axis', 1);
  const channel =
    scales.length === 1 ? () => 0 : channelOf(stored.dims, (along + stored.dims.length) % stored.dims.length);
  const distances = toNumbers(stored).map(
    (q, i) => q - zeroPoints[zeroPoints.length === 1 ? 0 : channel(i)]!,
  );
  const reach = distances.reduce((most, q) => Math.max(most, Math.abs(q)), 0);
  const { min, max } = dtypes[stored.dtype];
  const full = Math.ceil(Math.log2(max - min + 1));
  const bits = Math.min(full, reach === 0 ? 1 : Math.ceil(Math.log2(reach + 1)) + 1);
  const most = 2 ** (bits - 1) - 1;
  const [low, high] = bits < full ? [-most, most] : [min - zeroPoints[0]!, max - zeroPoints[0]!];
  return {
    constant: maker.inputs[0]!,
    dtype: stored.dtype,
    dims: stored.dims,
    bits,
    axis,
    scales,
    range: scales.length === 1 ? { min: low * scales[0]!, max: high * scales[0]! } : null,
    values: distances.map((q, i) => q * scales[scales.length === 1 ? 0 : channel(i)]!),
    zeros: distances.reduce((count, q) => count + Number(q === 0), 0),
  };
}

/** The largest packed constant that a one-bit operator reads. */
function bitsOf(editor: GraphEditor, node: Node): StoredWeights | undefined {
  const [largest] = node.inputs
    .flatMap((name) => {
      const value = editor.constant(name);
      return value?.dtype === 'uint8' ? [{ name, value }] : [];
    })
    .sort((a, b) => b.value.data.length - a.value.data.length);
  return (
    largest && {
      constant: largest.name,
      dtype: 'uint8',
      dims: largest.value.dims,
      bits: 1,
      axis: 0,
      scales: new Float64Array(0),
      range: null,
      values: new Float64Array(0),
      zeros: 0,
    }
  );
}

/** Cosine of the angle between weights of the same shape; -1 where the shapes differ. */
export function cosineOf(a: StoredWeights, b: StoredWeights | undefined): number {
  if (b === undefined || a.values.length !== b.values.length || a.dims.some((d, i) => d !== b.dims[i]))
    return -1;
  let [dot, left, right] = [0, 0, 0];
  a.values.forEach((v, i) => {
    const w = b.values[i]!;
    dot += v * w;
    left += v * v;
    right += w * w;
  });
  return left === 0 || right === 0 ? 0 : dot / Math.sqrt(left * right);
}
