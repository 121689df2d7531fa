// Normalisations as bodies of simpler operators, and the gradient of batch normalisation in training.
import type { Graph } from '../../graph/graph.js';
import { GraphWriter } from '../../graph/writer.js';
import { type Dims, sizeOf } from '../../tensor/shape.js';
import {
  floatAttr,
  type GradientRule,
  type InferContext,
  inputType,
  intAttr,
  type NodeWriter,
} from '../op.js';
import { defaultEpsilon, defaultMomentum } from '../shared/batch-norm.js';
import { emit, float, int, integers, multiply, reshape, scalar } from './emit.js';

/** A graph of what `write` emits, with the outputs whose names it returns; it captures the inputs of the node. */
export function bodyOf(ctx: InferContext, write: (writer: NodeWriter) => readonly string[]): Graph {
  const writer = new GraphWriter(undefined, ctx.node.inputs);
  const { dtype } = inputType(ctx, 0);
  const outputs = write(writer);
  return writer.graph(outputs.map((name) => ({ name, dtype, dims: null })));
}

interface Normal {
  readonly y: string;
  readonly mean: string;
  /** 1 / sqrt(variance + epsilon). */
  readonly inverse: string;
}

/** x over some axes to mean 0 and variance 1. */
export function normalize(
  writer: NodeWriter,
  { dtype }: Pick<ReturnType<typeof inputType>, 'dtype'>,
  x: string,
  axes: readonly number[],
  epsilon: number,
): Normal {
  const average = (name: string): string =>
    emit(writer, 'ReduceMean', [name, integers(writer, 'axes', axes)], { keepdims: int(1) });
  const mean = average(x);
  const centred = emit(writer, 'Sub', [x, mean]);
  const variance = average(multiply(writer, centred, centred));
  const guarded = emit(writer, 'Add', [variance, scalar(writer, dtype, epsilon)]);
  const inverse = emit(writer, 'Reciprocal', [emit(writer, 'Sqrt', [guarded])]);
  return { y: multiply(writer, centred, inverse), mean, inverse };
}

/** What a plan takes in place of a normalisation of float32 that its step cannot do. */
export const bodyUnless =
  (body: (ctx: InferContext) => Graph, hasStep: (ctx: InferContext) => boolean) =>
  (ctx: InferContext): Graph | undefined => {
    const { dtype, dims } = inputType(ctx, 0);
    return dtype !== 'float32' || dims.includes(0) || hasStep(ctx) ? undefined : body(ctx);
  };

/** Whether these inputs are constants. */
export const areKnown =
  (...inputs: readonly number[]) =>
  (ctx: InferContext): boolean =>
    inputs.every((i) => ctx.value(i) !== undefined);

const axesFrom = (first: number, rank: number): number[] =>
  Array.from({ length: rank - first }, (_, i) => first + i);

export function layerNormBody(ctx: InferContext): Graph {
  const type = inputType(ctx, 0);
  const rank = type.dims.length;
  const axis = intAttr(ctx.node, 'axis', -1);
  const [x, scale, shift = ''] = ctx.node.inputs as readonly [string, string, string?];
  return bodyOf(ctx, (writer) => {
    const epsilon = floatAttr(ctx.node, 'epsilon', defaultEpsilon);
    const { y, mean, inverse } = normalize(
      writer,
      type,
      x,
      axesFrom(axis < 0 ? axis + rank : axis, rank),
      epsilon,
    );
    const scaled = multiply(writer, y, scale);
    return [shift === '' ? scaled : emit(writer, 'Add', [scaled, shift]), mean, inverse];
  });
}

/** x * scale[c] + shift[c] for [N,C,...]; scale and shift have one value per channel or per group of channels. */
function perChannel(
  writer: NodeWriter,
  x: string,
  dims: Dims,
  scale: string,
  shift: string,
  length: number,
): string {
  const channels = dims[1]!;
  const split = [dims[0]!, length, (channels / length) * sizeOf(dims.slice(2))];
  const wide = (name: string): string => reshape(writer, name, [length, 1]);
  const scaled = multiply(writer, reshape(writer, x, split), wide(scale));
  return reshape(writer, emit(writer, 'Add', [scaled, wide(shift)]), dims);
}

/** Instance- and GroupNormalization: rows of channels / groups * area elements. */
export const channelNormBody =
  (groupsOf: (ctx: InferContext) => number) =>
  (ctx: InferContext): Graph => {
    const type = inputType(ctx, 0);
    const { dims } = type;
    const [x, scale, shift] = ctx.node.inputs as readonly [string, string, string];
    return bodyOf(ctx, (writer) => {
      const groups = groupsOf(ctx);
      const rows = reshape(writer, x, [dims[0]!, groups, sizeOf(dims.slice(1)) / groups]);
      const { y } = normalize(writer, type, rows, [2], floatAttr(ctx.node, 'epsilon', defaultEpsilon));
      return [perChannel(writer, y, dims, scale, shift, inputType(ctx, 1).dims[0]!)];
    });
  };

/** With running statistics a scale and shift; in training mode BatchNormTraining. */
export function batchNormBody(ctx: InferContext): Graph {
  const type = inputType(ctx, 0);
  const channels = type.dims[1]!;
  const [x, scale, shift, mean, variance] = ctx.node.inputs as readonly [
    string,
    string,
    string,
    string,
    string,
  ];
  const epsilon = floatAttr(ctx.node, 'epsilon', defaultEpsilon);
  return bodyOf(ctx, (writer) => {
    if (intAttr(ctx.node, 'training_mode', 0) !== 0) {
      const momentum = floatAttr(ctx.node, 'momentum', defaultMomentum);
      const attributes = { epsilon: float(epsilon), momentum: float(momentum) };
      return writer.add('BatchNormTraining', ctx.node.inputs, attributes, {
        domain: 'ai.kompakt',
        outputs: 5,
      });
    }
    const guarded = emit(writer, 'Add', [variance, scalar(writer, type.dtype, epsilon)]);
    const factor = emit(writer, 'Div', [scale, emit(writer, 'Sqrt', [guarded])]);
    const addend = emit(writer, 'Sub', [shift, multiply(writer, mean, factor)]);
    return [perChannel(writer, x, type.dims, factor, addend, channels)];
  });
}

/** Running statistics are no function of the parameters: nothing flows through them. */
export const batchNormTrainingGradient: GradientRule = (ctx) => {
  const [x, scale] = ctx.node.inputs as readonly [string, string];
  const [, , , mean, inverse] = ctx.node.outputs as readonly string[];
  const gradient = ctx.outputGradient(0);
  if (gradient === undefined) return [];
  return ctx.add(
    'BatchNormGradient',
    [gradient, x, scale, mean!, inverse!],
    {},
    { domain: 'ai.kompakt', outputs: 3 },
  );
};
