// What gradient rules write their nodes with.
import type { Attribute } from '../../graph/graph.js';
import type { DType } from '../../tensor/dtype.js';
import { broadcastDims, type Dims, sameDims } from '../../tensor/shape.js';
import { fromNumbers, i64 } from '../../tensor/tensor.js';
import type { GradientContext, GradientRule, NodeWriter } from '../op.js';

type Attributes = Readonly<Record<string, Attribute>>;

/** One node with one output. */
export const emit = (
  writer: NodeWriter,
  op: string,
  inputs: readonly string[],
  attributes: Attributes = {},
): string => writer.add(op, inputs, attributes)[0]!;

/** The same for an operator of ai.kompakt. */
export const emitOwn = (
  writer: NodeWriter,
  op: string,
  inputs: readonly string[],
  attributes: Attributes = {},
): string => writer.add(op, inputs, attributes, { domain: 'ai.kompakt' })[0]!;

export const int = (value: number): Attribute => ({ type: 'int', value });
export const ints = (value: readonly number[]): Attribute => ({ type: 'ints', value });
export const float = (value: number): Attribute => ({ type: 'float', value });
export const text = (value: string): Attribute => ({ type: 'string', value });

/** A scalar constant. */
export const scalar = (writer: NodeWriter, dtype: DType, value: number): string =>
  writer.constant(`${value}`, fromNumbers(dtype, [], [value]));

export const integers = (writer: NodeWriter, hint: string, values: readonly number[]): string =>
  writer.constant(hint, i64(values));

export const reshape = (writer: NodeWriter, x: string, dims: Dims): string =>
  emit(writer, 'Reshape', [x, integers(writer, 'shape', dims)], { allowzero: int(1) });

/** Sums over some axes, which stay with size 1; over none it is x. */
export const sumAxes = (writer: NodeWriter, x: string, axes: readonly number[]): string =>
  axes.length === 0
    ? x
    : emit(writer, 'ReduceSum', [x, integers(writer, 'axes', axes)], { keepdims: int(1) });

/** A tensor of dims `from` summed over all axes that broadcasting made out of `to`. */
export function sumTo(writer: NodeWriter, x: string, from: Dims, to: Dims): string {
  const shift = from.length - to.length;
  const axes = from.flatMap((d, axis) => (d !== 1 && (axis < shift || to[axis - shift] === 1) ? [axis] : []));
  const summed = axes.length === 0 ? x : sumAxes(writer, x, axes);
  return sameDims(from, to) ? summed : reshape(writer, summed, to);
}

/** A tensor repeated to `dims`, to which it broadcasts. */
export const expand = (writer: NodeWriter, x: string, dims: Dims): string =>
  emit(writer, 'Expand', [x, integers(writer, 'shape', dims)]);

export const multiply = (writer: NodeWriter, a: string, b: string): string => emit(writer, 'Mul', [a, b]);
export const negate = (writer: NodeWriter, x: string): string => emit(writer, 'Neg', [x]);

/** Gradients of operators whose inputs broadcast: `parts[i]` emits that of input i in the shape of the output. */
export const broadcasting =
  (
    ...parts: readonly ((ctx: GradientContext, gradient: string, inputs: readonly string[]) => string)[]
  ): GradientRule =>
  (ctx) => {
    const dims = broadcastDims(
      ctx.inputs.map((type) => type!.dims),
      ctx.where,
    );
    const gradient = ctx.outputGradient(0)!;
    return parts.map((part, i) =>
      ctx.wants(i) ? sumTo(ctx, part(ctx, gradient, ctx.node.inputs), dims, ctx.inputs[i]!.dims) : undefined,
    );
  };

/** The gradient of input 0, the only one that can have any, from that of output 0. */
export const ofFirst =
  (rule: (ctx: GradientContext, gradient: string, x: string) => string): GradientRule =>
  (ctx) => [rule(ctx, ctx.outputGradient(0)!, ctx.node.inputs[0]!)];
