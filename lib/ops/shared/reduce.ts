// Factory of reductions over axes: types, reference and lowering to one native reduction, preceded by a transposing
// copy only when the reduced axes are not neighbours in memory.

import { type DType, dtypes } from '../../tensor/dtype.js';
import { type Dims, normalizeAxis, sameDims, sizeOf, stridesOf } from '../../tensor/shape.js';
import { type TensorValue, toNumbers } from '../../tensor/tensor.js';
import { type ReductionPart, reduction } from '../gradients/reduction.js';
import {
  type AttributeSpec,
  type Buffer,
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  type LowerContext,
  needValue,
  noMacs,
  type OpDef,
  type QuantizeRule,
  type TensorType,
} from '../op.js';
import type { ReduceKind } from '../steps.js';
import { type ChannelContext, type ChannelLink, inputEnd, outputEnd } from './channels.js';
import { elementsOf, floatTypes, fromElements, integersOf, stridedOffsets, typedInput } from './elements.js';
import { knownContext } from './known-context.js';
import { axisOrder, layoutStrides, permuteDims, readAsIs } from './layout.js';
import { transposedCopy } from './move.js';

export interface ReduceSpec {
  readonly op: string;
  readonly since: number;
  readonly types?: readonly DType[];
  /** The value of a list of numbers, in double precision; the list may be empty. */
  readonly float: (values: Float64Array) => number;
  /** The same for integer types. */
  readonly integer: (values: readonly bigint[], dtype: DType) => bigint;
  readonly native: ReduceKind;
  /** The native result is the logarithm of the reduction (ReduceLogSum). */
  readonly log?: boolean;
  /** Emits the gradient of the input, which broadcasts to it. */
  readonly gradient: ReductionPart;
  readonly quantize: QuantizeRule;
}

export const reduceTypes: readonly DType[] = [...floatTypes, 'int32', 'int64', 'uint32', 'uint64'];

const attributes: Readonly<Record<string, AttributeSpec>> = {
  keepdims: { type: 'int', default: 1 },
  noop_with_empty_axes: { type: 'int', default: 0 },
};

export function reduceOp(spec: ReduceSpec): OpDef {
  return defineOp({
    op: spec.op,
    domain: '',
    since: spec.since,
    inputs: [1, 2],
    outputs: [1, 1],
    attributes,
    infer: (ctx): readonly TensorType[] => {
      const { dtype, dims } = typedInput(ctx, 0, spec.types ?? reduceTypes);
      return [{ dtype, dims: reducedDims(ctx, dims) }];
    },
    reference: (ctx) => {
      const known = knownContext(ctx);
      const x = inputValue(ctx, 0);
      const axes = reducedAxes(known);
      return [reduceTensor(spec, x, axes, reducedDims(known, x.dims))];
    },
    gradient: reduction(reducedAxes, spec.gradient),
    cost: noMacs,
    quantize: spec.quantize,
    lower: (ctx) => lowerReduce(ctx, spec),
    channels: { links: spec.native === 'sum' && spec.log !== true ? sumLinks : keptLinks },
  });
}

/** The axes that are reduced, ascending. None at all still applies the operator, to every element by itself. */
function reducedAxes(ctx: InferContext): readonly number[] {
  const rank = inputType(ctx, 0).dims.length;
  const given = ctx.inputs[1] === undefined ? [] : integersOf(needValue(ctx, 1));
  if (given.length > 0)
    return [...new Set(given.map((a) => normalizeAxis(a, rank, ctx.where)))].sort((a, b) => a - b);
  return intAttr(ctx.node, 'noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, i) => i);
}

function reducedDims(ctx: InferContext, x: Dims): Dims {
  const axes = reducedAxes(ctx);
  return intAttr(ctx.node, 'keepdims', 1) === 1
    ? x.map((d, i) => (axes.includes(i) ? 1 : d))
    : x.filter((_, i) => !axes.includes(i));
}

/** Of the axes that stay. */
function keptLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const { dims } = inputType(ctx, 0);
  const reduced = reducedAxes(ctx);
  const keepsDims = ctx.outputs[0]!.dims.length === dims.length;
  return dims.flatMap((count, axis) => {
    const gone = keepsDims ? 0 : reduced.filter((other) => other < axis).length;
    return reduced.includes(axis) ? [] : [{ count, ends: [inputEnd(0, axis), outputEnd(axis - gone)] }];
  });
}

/** A sum misses nothing where a channel that counts as zero is gone. */
function sumLinks(ctx: ChannelContext): readonly ChannelLink[] {
  const { dims } = inputType(ctx, 0);
  const summed = reducedAxes(ctx).map((axis) => ({ count: dims[axis]!, ends: [inputEnd(0, axis)] }));
  return [...keptLinks(ctx), ...summed];
}

function reduceTensor(spec: ReduceSpec, x: TensorValue, axes: readonly number[], dims: Dims): TensorValue {
  const strides = stridesOf(x.dims);
  const kept = x.dims.map((_, i) => i).filter((i) => !axes.includes(i));
  const starts = stridedOffsets(permuteDims(x.dims, kept), permuteDims(strides, kept));
  const inner = stridedOffsets(permuteDims(x.dims, axes), permuteDims(strides, axes));
  if (dtypes[x.dtype].integer) {
    const values = elementsOf(x);
    const groups = Array.from(starts, (start) => Array.from(inner, (at) => BigInt(values[start + at]!)));
    return fromElements(
      x.dtype,
      dims,
      groups.map((group) => spec.integer(group, x.dtype)),
    );
  }
  const values = toNumbers(x);
  return fromElements(
    x.dtype,
    dims,
    starts.map((start) => spec.float(inner.map((at) => values[start + at]!))),
  );
}

function lowerReduce(ctx: LowerContext, spec: ReduceSpec): boolean {
  const { dtype, dims } = inputType(ctx, 0);
  const axes = reducedAxes(ctx);
  if (dtype !== 'float32' || sizeOf(dims) === 0) return false;
  const { layout } = readAsIs(ctx, 0);
  const output = ctx.outputs[0]!.dims;
  const target = output.length === dims.length ? layout : 'plain';
  const y = ctx.write(0, target);
  const reduced = new Set(axes);
  // Axes of length 1 have no place in memory; the others come in the order of the output, then the reduced ones.
  const memory = axisOrder(dims.length, layout).filter((a) => dims[a] !== 1);
  const kept = axisOrder(dims.length, target).filter((a) => dims[a] !== 1 && !reduced.has(a));
  const inside = memory.filter((a) => reduced.has(a));
  const { buffer, shape } = neighbours(ctx, memory, kept, inside, layoutStrides(dims, layout));
  const result = spec.log ? ctx.temporary('float32', y.dims) : y;
  ctx.emit('reduce_f32', [buffer], [result], { op: spec.native, dims: shape });
  if (spec.log) ctx.emit('unary_f32', [result], [y], { op: 'log', alpha: 0, beta: 0 });
  return true;
}

interface Neighbours {
  readonly buffer: Buffer;
  /** [outer, reduced, inner] */
  readonly shape: readonly [number, number, number];
}

/** The input such that the axes `inside` are neighbours and the axes `kept` come in that order around them. */
function neighbours(
  ctx: LowerContext,
  memory: readonly number[],
  kept: readonly number[],
  inside: readonly number[],
  strides: readonly number[],
): Neighbours {
  const { dims } = inputType(ctx, 0);
  const x = readAsIs(ctx, 0).buffer;
  const size = (axes: readonly number[]) => sizeOf(permuteDims(dims, axes));
  const first = inside.length === 0 ? memory.length : memory.indexOf(inside[0]!);
  const [before, after] = [kept.slice(0, first), kept.slice(first)];
  if (sameDims(memory, [...before, ...inside, ...after]))
    return { buffer: x, shape: [size(before), size(inside), size(after)] };
  const order = [...kept, ...inside];
  const y = ctx.temporary('float32', permuteDims(dims, order));
  transposedCopy(ctx, x, y, permuteDims(dims, order), permuteDims(strides, order));
  return { buffer: y, shape: [size(kept), size(inside), 1] };
}
