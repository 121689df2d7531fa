// Resize: resampling along any axes, one after the other from the last to the first. Inputs: X, roi?, scales?, sizes?.

import type { Node } from '../graph/graph.js';
import { type DType, isFloat, type TypedArray } from '../tensor/dtype.js';
import { type Dims, normalizeAxis, sizeOf } from '../tensor/shape.js';
import { allocate, fromNumbers, i64, type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';
import { mapAxis } from './gradients/movement.js';
import {
  defineOp,
  floatAttr,
  type GradientContext,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  intsAttr,
  type LowerContext,
  needValue,
  noMacs,
  type ReferenceContext,
  stringAttr,
} from './op.js';
import {
  type ChannelContext,
  type ChannelLink,
  inputEnd,
  outputEnd,
  type ShrinkContext,
} from './shared/channels.js';
import { readNhwc, writeNhwc } from './shared/conv-lowering.js';
import { pick } from './shared/elements.js';
import { illegalAttribute, illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';
import type { OnBytes } from './shared/quantize-rule.js';
import { saturate } from './shared/quantized.js';
import {
  type AxisTable,
  axisTable,
  type CoordinateMode,
  coordinateModeNames,
  type NearestMode,
  nearestModeNames,
  type Resampling,
  type ResizedAxis,
  type ResizeMode,
  resampleAxis,
  widened,
} from './shared/resampling.js';
import { roundHalfEven } from './shared/rounding.js';
import { storageBias } from './storage.js';

const ROI = 1;
const SCALES = 2;
const SIZES = 3;

export const resize = defineOp({
  op: 'Resize',
  domain: '',
  since: 11,
  inputs: [1, 4],
  outputs: [1, 1],
  attributes: {
    antialias: { type: 'int', default: 0 },
    axes: { type: 'ints', default: null },
    coordinate_transformation_mode: { type: 'string', default: 'half_pixel' },
    cubic_coeff_a: { type: 'float', default: -0.75 },
    exclude_outside: { type: 'int', default: 0 },
    extrapolation_value: { type: 'float', default: 0 },
    keep_aspect_ratio_policy: { type: 'string', default: 'stretch' },
    mode: { type: 'string', default: 'nearest' },
    nearest_mode: { type: 'string', default: 'round_prefer_floor' },
  },
  infer: (ctx) => {
    resamplingOf(ctx);
    return [{ dtype: inputType(ctx, 0).dtype, dims: axesOf(ctx).map((axis) => axis.output) }];
  },
  reference: (ctx) => [resized(ctx)],
  gradient: resizeGradient,
  cost: noMacs,
  quantize: {
    kind: 'same-scale',
    data: [0],
    onBytes: {
      of: resizesBytes,
      note: 'linear and cubic where the same scale follows, halves of a step then rounded to either side; float with tf_crop_and_resize',
    },
  },
  lower,
  channels: { links: channelLinks, shrink },
});

/** The value beyond a region of interest is a real number, and need not have a byte. */
function resizesBytes(node: Node): OnBytes {
  if (stringAttr(node, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize')
    return 'nothing';
  return stringAttr(node, 'mode', 'nearest') === 'nearest' ? 'moved' : 'blended';
}

function oneOf<T extends string>(ctx: InferContext, name: string, fallback: T, names: readonly T[]): T {
  const value = stringAttr(ctx.node, name, fallback) as T;
  if (!names.includes(value)) illegalAttribute(`${name} ${names.join(', ')}`, ctx.where, value);
  return value;
}

const resamplingOf = (ctx: InferContext): Resampling => ({
  mode: oneOf<ResizeMode>(ctx, 'mode', 'nearest', ['nearest', 'linear', 'cubic']),
  coordinates: oneOf<CoordinateMode>(
    ctx,
    'coordinate_transformation_mode',
    'half_pixel',
    coordinateModeNames,
  ),
  nearest: oneOf<NearestMode>(ctx, 'nearest_mode', 'round_prefer_floor', nearestModeNames),
  cubicA: floatAttr(ctx.node, 'cubic_coeff_a', -0.75),
  excludeOutside: intAttr(ctx.node, 'exclude_outside', 0) !== 0,
  antialias: intAttr(ctx.node, 'antialias', 0) !== 0,
});

/** Numbers of an optional input, undefined when it is absent or empty. */
function optional(ctx: InferContext, i: number): Float64Array | undefined {
  const type = ctx.inputs[i];
  return type === undefined || sizeOf(type.dims) === 0 ? undefined : toNumbers(needValue(ctx, i));
}

/** Every axis of X with its new size. */
function axesOf(ctx: InferContext): ResizedAxis[] {
  const { dims } = inputType(ctx, 0);
  const axes =
    intsAttr(ctx.node, 'axes')?.map((axis) => normalizeAxis(axis, dims.length, ctx.where)) ??
    dims.map((_, i) => i);
  const scales = optional(ctx, SCALES);
  const sizes = optional(ctx, SIZES);
  if ((scales === undefined) === (sizes === undefined))
    illegalShape('either scales or sizes', ctx.where, scales === undefined ? 'neither' : 'both');
  const given = (scales ?? sizes) as Float64Array;
  if (given.length !== axes.length) illegalShape(`${axes.length} scales or sizes`, ctx.where, [...given]);
  const roi =
    stringAttr(ctx.node, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize'
      ? optional(ctx, ROI)
      : undefined;
  const targets = scales === undefined ? targetsOf(ctx, dims, axes, given) : undefined;
  return dims.map((input, i) => {
    const at = axes.indexOf(i);
    if (at < 0) return { input, output: input, scale: 1, roi: [0, 1] };
    const scale = targets === undefined ? given[at] : targets[at].scale;
    const output = targets === undefined ? Math.floor(Math.fround(input * scale)) : targets[at].output;
    if (!(scale > 0) || output < 0) illegalShape('positive scales and sizes', ctx.where, [...given]);
    return { input, output, scale, roi: roi === undefined ? [0, 1] : [roi[at], roi[axes.length + at]] };
  });
}

/** Sizes under keep_aspect_ratio_policy. */
function targetsOf(ctx: InferContext, dims: Dims, axes: Dims, sizes: Float64Array) {
  const policy = oneOf(ctx, 'keep_aspect_ratio_policy', 'stretch', ['stretch', 'not_larger', 'not_smaller']);
  // An empty axis that stays empty, as a batch of none, has no ratio: it stays as it is.
  const empty = (i: number) => sizes[i] === 0 && dims[axes[i]] === 0;
  const ratios = axes.map((axis, i) => (empty(i) ? 1 : Math.fround(sizes[i] / dims[axis])));
  if (policy === 'stretch') return axes.map((_, i) => ({ scale: ratios[i], output: sizes[i] }));
  const shared = ratios.filter((_, i) => !empty(i));
  const scale = policy === 'not_larger' ? Math.min(...shared) : Math.max(...shared);
  return axes.map((axis, i) =>
    empty(i) ? { scale: 1, output: 0 } : { scale, output: Math.floor(Math.fround(scale * dims[axis]) + 0.5) },
  );
}

const stays = (axis: ResizedAxis): boolean => axis.input === axis.output && axis.scale === 1;

function resized(reference: ReferenceContext): TensorValue {
  const ctx = knownContext(reference);
  const x = inputValue(reference, 0);
  const resampling = resamplingOf(ctx);
  const axes = axesOf(ctx);
  const sizes = axes.map((axis) => axis.output);
  // Nothing to resample, or nothing to make: how often an axis repeats does not follow from the elements then.
  if (sizeOf(x.dims) === 0 || sizeOf(sizes) === 0) return tensor(x.dtype, sizes, allocate(x.dtype, sizes));
  const crops = resampling.coordinates === 'tf_crop_and_resize';
  const tables = axes.map((axis) => (stays(axis) && !crops ? undefined : axisTable(resampling, axis)));
  const y = resampling.mode === 'nearest' ? chosen(x, tables) : blended(x, tables);
  if (crops) fillOutside(y, tables, floatAttr(ctx.node, 'extrapolation_value', 0));
  return y;
}

/** One table for every axis that changes. */
type Tables = readonly (AxisTable | undefined)[];

/** Copies elements bit for bit: numbers of float32 do not hold all integers. */
const chosen = (x: TensorValue, tables: Tables): TensorValue =>
  tables.reduceRight<TensorValue>((y, table, axis) => {
    if (table === undefined) return y;
    const input = y.dims[axis];
    const output = table.index.length;
    const inner = sizeOf(y.dims.slice(axis + 1));
    const offsets = allocate('float64', [...y.dims.slice(0, axis), output]) as Float64Array;
    for (let i = 0; i < offsets.length; i++)
      offsets[i] = (Math.floor(i / output) * input + table.index[i % output]) * inner;
    return pick(y, y.dims.with(axis, output), offsets, inner);
  }, x);

function blended(x: TensorValue, tables: Tables): TensorValue {
  // Bytes are resampled as they are stored, so that float32 rounds alike here and in the engine.
  const bias = storageBias(x.dtype);
  const biased = toNumbers(x).map((v) => v + bias);
  // Integers too as long as float32 holds them all, as in other runtimes: fractions are cut off what it rounds.
  const single = isFloat(x.dtype) ? x.dtype !== 'float64' : biased.every((v) => Math.fround(v) === v);
  const dims = [...x.dims];
  let values: Float32Array | Float64Array = single ? Float32Array.from(biased) : biased;
  for (let i = dims.length - 1; i >= 0; i--) {
    const table = tables[i];
    if (table === undefined) continue;
    values = resampleAxis(values, table, dims[i], sizeOf(dims.slice(i + 1)));
    dims[i] = table.outside.length;
  }
  return fromNumbers(x.dtype, dims, isByte(x.dtype) ? values.map((v) => byteOf(v - bias, x.dtype)) : values);
}

const isByte = (dtype: DType): boolean => dtype === 'uint8' || dtype === 'int8';
const byteOf = (v: number, dtype: DType): number => saturate(roundHalfEven(v), dtype);

/** Puts `value` wherever an axis says that its coordinate is outside. */
function fillOutside({ dtype, dims, data }: TensorValue, tables: Tables, value: number): void {
  const values = data as TypedArray;
  const [stored] = fromNumbers(dtype, [1], [isByte(dtype) ? byteOf(value, dtype) : value]).data;
  for (let i = 0; i < values.length; i++) {
    let rest = i;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      if (tables[axis]?.outside[rest % dims[axis]]) values[i] = stored as never;
      rest = Math.floor(rest / dims[axis]);
    }
  }
}

function lower(ctx: LowerContext): boolean {
  const { dtype, dims } = inputType(ctx, 0);
  const resampling = resamplingOf(ctx);
  const axes = axesOf(ctx);
  if (dtype !== 'float32' && dtype !== 'uint8' && dtype !== 'int8') return false;
  if (sizeOf(dims) === 0) return false;
  if (dims.length < 3 || dims.length > 4 || resampling.coordinates === 'tf_crop_and_resize') return false;
  if (!stays(axes[0]) || !stays(axes[1])) return false;
  const flat: ResizedAxis = { input: 1, output: 1, scale: 1, roi: [0, 1] };
  const [h, w] = dims.length === 3 ? [flat, axes[2]] : [axes[2], axes[3]];
  const tables = [h, w].map((axis) => axisTable(resampling, axis));
  const taps = Math.max(...tables.map((table) => table.taps));
  const constants = tables.flatMap((table) => constantsOf(ctx, widened(table, taps)));
  ctx.emit('resize', [readNhwc(ctx, 0), ...constants], [writeNhwc(ctx, 0)], {});
  return true;
}

function constantsOf(ctx: LowerContext, { taps, index, weight, outside }: AxisTable) {
  const dims = [outside.length, taps];
  return [ctx.constant(tensor('int32', dims, index)), ctx.constant(tensor('float32', dims, weight))];
}

/** Resampling an axis is a product with a matrix; its gradient is one with the transposed matrix. */
function resizeGradient(ctx: GradientContext): readonly string[] {
  const resampling = resamplingOf(ctx);
  const crops = resampling.coordinates === 'tf_crop_and_resize';
  let gradient = ctx.outputGradient(0) as string;
  let dims = ctx.outputs[0].dims;
  axesOf(ctx).forEach((axis, i) => {
    if (stays(axis) && !crops) return;
    const { taps, index, weight, outside } = axisTable(resampling, axis);
    const matrix = new Float64Array(axis.input * axis.output);
    for (let o = 0; o < axis.output; o++)
      for (let t = o * taps; t < (o + 1) * taps; t++)
        if (!crops || !outside[o]) matrix[index[t] * axis.output + o] += weight[t];
    gradient = mapAxis(ctx, gradient, dims, i, axis.input, matrix);
    dims = dims.with(i, axis.input);
  });
  return [gradient];
}

/** Of the axes that are not resampled. */
function channelLinks(ctx: ChannelContext): readonly ChannelLink[] {
  return axesOf(ctx).flatMap((given, axis) =>
    stays(given) ? [{ count: given.input, ends: [inputEnd(0, axis), outputEnd(axis)] }] : [],
  );
}

function shrink(ctx: ShrinkContext): Node {
  const sizes = ctx.constant(SIZES);
  const { dims } = inputType(ctx, 0);
  if (sizes === undefined || sizeOf(sizes.dims) === 0) return ctx.node;
  const axes = intsAttr(ctx.node, 'axes')?.map((axis) => normalizeAxis(axis, dims.length, ctx.where));
  const fewer = ctx.fewer.outputs[0]!;
  return ctx.withInput(ctx.node, SIZES, i64((axes ?? dims.map((_, i) => i)).map((axis) => fewer[axis]!)));
}
