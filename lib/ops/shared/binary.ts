// Factories of elementwise operators of several inputs that broadcast: arithmetic, comparison, logic and bits.
import type { DType } from '../../tensor/dtype.js';
import { broadcastDims, broadcastStrides } from '../../tensor/shape.js';
import { type TensorValue, tensor } from '../../tensor/tensor.js';
import {
  type AttributeSpec,
  type Buffer,
  defineOp,
  type Gradient,
  inputValue,
  type Lower,
  type LowerContext,
  noMacs,
  notDifferentiable,
  type OpDef,
  type QuantizeRule,
  type ReferenceContext,
  staysFloat,
} from '../op.js';
import type { BinaryKind, CompareKind } from '../steps.js';
import { elementwiseChannels } from './channels.js';
import { derivedConstant } from './derived-constant.js';
import {
  alikeInputs,
  type Element,
  elementsOf,
  fromElements,
  numberTypes,
  stridedOffsets,
  typedInput,
} from './elements.js';
import { axisOrder, permuted, readPlain } from './layout.js';

type Pair<T> = (a: T, b: T) => T;

export interface BinarySpec {
  readonly op: string;
  readonly since: number;
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  /** Element types; all numbers by default. */
  readonly types?: readonly DType[];
  /** The function in double precision, for float types. */
  readonly float?: (ctx: ReferenceContext) => Pair<number>;
  /** The function for integer types; the result wraps. */
  readonly integer?: (ctx: ReferenceContext) => Pair<bigint>;
  readonly native: BinaryKind | null;
  readonly gradient: Gradient;
  readonly learns?: readonly number[];
  readonly quantize: QuantizeRule;
}

/** y = a op b with broadcasting, of the type of a and b. */
export function binaryOp(spec: BinarySpec): OpDef {
  return defineOp({
    op: spec.op,
    domain: '',
    since: spec.since,
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: spec.attributes ?? {},
    infer: (ctx) => {
      const types = alikeInputs(ctx, spec.types ?? numberTypes);
      const dims = broadcastDims(
        types.map((t) => t.dims),
        ctx.where,
      );
      return [{ dtype: types[0]!.dtype, dims }];
    },
    reference: (ctx) => [mapBinary(spec, ctx, inputValue(ctx, 0), inputValue(ctx, 1))],
    gradient: spec.gradient,
    ...(spec.learns && { learns: spec.learns }),
    cost: noMacs,
    quantize: spec.quantize,
    lower: spec.native === null ? 'host' : lowerBinary(spec.native),
    channels: elementwiseChannels,
  });
}

/** The reference of a binary function on two tensors of one type. */
function mapBinary(
  spec: Pick<BinarySpec, 'float' | 'integer'>,
  ctx: ReferenceContext,
  a: TensorValue,
  b: TensorValue,
): TensorValue {
  const { dims, pairs } = broadcastPairs(ctx.where, a, b);
  if (spec.float !== undefined && isFloatData(a)) {
    const f = spec.float(ctx) as Pair<Element>;
    return fromElements(a.dtype, dims, pairs(f));
  }
  const f = spec.integer!(ctx);
  return fromElements(
    a.dtype,
    dims,
    pairs((x, y) => f(BigInt(x), BigInt(y))),
  );
}

const isFloatData = (t: TensorValue): boolean =>
  ['float32', 'float64', 'float16', 'bfloat16'].includes(t.dtype);

/** The broadcast dims of a and b, and a function that maps all pairs of elements. */
export function broadcastPairs(
  where: string,
  a: TensorValue,
  b: TensorValue,
): {
  readonly dims: readonly number[];
  readonly pairs: <R>(f: (x: Element, y: Element) => R) => R[];
} {
  const dims = broadcastDims([a.dims, b.dims], where);
  const [x, y] = [elementsOf(a), elementsOf(b)];
  const xAt = stridedOffsets(dims, broadcastStrides(a.dims, dims));
  const yAt = stridedOffsets(dims, broadcastStrides(b.dims, dims));
  return {
    dims,
    pairs: (f) => {
      const results = new Array<ReturnType<typeof f>>(xAt.length);
      for (let i = 0; i < results.length; i++) results[i] = f(x[xAt[i]!]!, y[yAt[i]!]!);
      return results;
    },
  };
}

/** Element types that the engine can compare. */
export const comparable: readonly DType[] = ['float32', 'int32', 'int64', 'uint8', 'int8', 'bool'];

/** y = a test b with broadcasting, of type bool. */
export function compareOp(spec: {
  readonly op: string;
  readonly since: number;
  readonly types: readonly DType[];
  readonly test: (a: Element, b: Element) => boolean;
  readonly native: CompareKind;
  /** The native test is that of b and a. */
  readonly swapped?: true;
}): OpDef {
  return defineOp({
    op: spec.op,
    domain: '',
    since: spec.since,
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: {},
    infer: (ctx) => {
      const types = alikeInputs(ctx, spec.types);
      const dims = broadcastDims(
        types.map((t) => t.dims),
        ctx.where,
      );
      return [{ dtype: 'bool', dims }];
    },
    reference: (ctx) => {
      const { dims, pairs } = broadcastPairs(ctx.where, inputValue(ctx, 0), inputValue(ctx, 1));
      return [tensor('bool', dims, Uint8Array.from(pairs((x, y) => Number(spec.test(x, y)))))];
    },
    gradient: notDifferentiable('its output is bool'),
    cost: noMacs,
    quantize: staysFloat('its output is bool, not a quantised number'),
    lower: (ctx) => {
      if (!comparable.includes(ctx.inputs[0]!.dtype)) return false;
      const { buffers, layout } = broadcastOperands(ctx);
      const operands = spec.swapped ? buffers.toReversed() : buffers;
      ctx.emit('compare', operands, [ctx.write(0, layout)], { op: spec.native });
      return true;
    },
    channels: elementwiseChannels,
  });
}

/** y = a op b op c ... with broadcasting; `finish` turns the fold of n inputs into the result (Mean). */
export function variadicOp(spec: {
  readonly op: string;
  readonly since: number;
  readonly types?: readonly DType[];
  readonly float: Pair<number>;
  readonly integer?: Pair<bigint>;
  readonly finish?: (sum: number, n: number) => number;
  readonly native: BinaryKind;
  readonly gradient: Gradient;
  readonly quantize: QuantizeRule;
}): OpDef {
  return defineOp({
    op: spec.op,
    domain: '',
    since: spec.since,
    inputs: [1, Number.POSITIVE_INFINITY],
    outputs: [1, 1],
    attributes: {},
    infer: (ctx) => {
      const first = typedInput(ctx, 0, spec.types ?? numberTypes);
      const types = ctx.inputs.map((_, i) => typedInput(ctx, i, [first.dtype]));
      const dims = broadcastDims(
        types.map((t) => t.dims),
        ctx.where,
      );
      return [{ dtype: first.dtype, dims }];
    },
    reference: (ctx) => {
      const pair = {
        float: () => spec.float,
        ...(spec.integer && { integer: () => spec.integer as Pair<bigint> }),
      };
      let y = inputValue(ctx, 0);
      for (let i = 1; i < ctx.inputs.length; i++) y = mapBinary(pair, ctx, y, inputValue(ctx, i));
      const { finish } = spec;
      if (finish === undefined) return [y];
      const values = elementsOf(y) as ArrayLike<number>;
      return [
        fromElements(
          y.dtype,
          y.dims,
          Array.from(values, (v) => finish(v, ctx.inputs.length)),
        ),
      ];
    },
    gradient: spec.gradient,
    cost: noMacs,
    quantize: spec.quantize,
    lower: lowerVariadic(spec.native, spec.finish !== undefined),
    channels: elementwiseChannels,
  });
}

const plainResult = { activation: 'none', alpha: 0, beta: 0 } as const;

/** Plans a native binary function of float32. */
export function lowerBinary(op: BinaryKind): (ctx: LowerContext) => boolean {
  return (ctx) => {
    if (ctx.outputs[0]!.dtype !== 'float32') return false;
    const operands = broadcastOperands(ctx);
    ctx.emit('binary_f32', operands.buffers, [ctx.write(0, operands.layout)], { op, ...plainResult });
    return true;
  };
}

function lowerVariadic(op: BinaryKind, mean: boolean): Lower {
  return (ctx) => {
    if (ctx.outputs[0]!.dtype !== 'float32') return false;
    const { buffers, layout } = broadcastOperands(ctx);
    const operands = [...buffers];
    const steps = operands.slice(1).map(() => op as BinaryKind);
    if (mean) {
      operands.push(ctx.constant(tensor('float32', [], Float32Array.of(buffers.length))));
      steps.push('div');
    }
    if (steps.length === 0) {
      ctx.alias(0, buffers[0]!, layout);
      return true;
    }
    let left = operands[0]!;
    const y = ctx.write(0, layout);
    steps.forEach((step, i) => {
      const target = i === steps.length - 1 ? y : ctx.temporary('float32', y.dims);
      ctx.emit('binary_f32', [left, operands[i + 1]!], [target], { op: step, ...plainResult });
      left = target;
    });
    return true;
  };
}

/**
 * The inputs of a broadcasting step in one layout: channels-last when an input of full rank exists so and every other
 * one can follow (constants are permuted, single elements fit any layout), else plain.
 */
export function broadcastOperands(ctx: LowerContext): {
  readonly buffers: readonly Buffer[];
  readonly layout: 'plain' | 'channels-last';
} {
  const rank = ctx.outputs[0]!.dims.length;
  const all = ctx.inputs.map((type, i) => ({
    i,
    constant: ctx.value(i),
    fullRank: type!.dims.length === rank,
    single: type!.dims.every((d) => d === 1),
  }));
  const exists = all.some((x) => !x.constant && x.fullRank && ctx.layoutOf(x.i) === 'channels-last');
  const follows = all.every((x) => x.constant || x.fullRank || x.single);
  if (rank < 3 || !exists || !follows)
    return { buffers: all.map((x) => readPlain(ctx, x.i)), layout: 'plain' };
  const buffers = all.map((x) => {
    if (x.single) return ctx.reshape(readPlain(ctx, x.i), [1]);
    return x.constant ? ctx.constant(channelsLast(x.constant, rank)) : ctx.read(x.i, 'channels-last');
  });
  return { buffers, layout: 'channels-last' };
}

/** The constant with leading dims of 1 up to `rank`, in the order of channels-last memory. */
const channelsLast = (t: TensorValue, rank: number): TensorValue =>
  derivedConstant(t, `channels-last of rank ${rank}`, () => {
    const dims = [...new Array<number>(rank - t.dims.length).fill(1), ...t.dims];
    return permuted({ ...t, dims }, axisOrder(rank, 'channels-last'));
  });
