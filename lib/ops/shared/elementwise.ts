// Factories of elementwise operators of one input: types, reference, table rule and lowering in one place.
import { type DType, dtypes } from '../../tensor/dtype.js';
import { type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import { byKind } from '../gradients/unary.js';
import {
  type AttributeSpec,
  type BoundsOf,
  defineOp,
  type Gradient,
  type Lower,
  type LowerContext,
  noMacs,
  notDifferentiable,
  type OpDef,
  type QuantizeRule,
  type ReferenceContext,
} from '../op.js';
import { storageBias } from '../storage.js';
import { elementwiseChannels } from './channels.js';
import { elementsOf, floatTypes, fromElements, typedInput } from './elements.js';
import { readAsIs } from './layout.js';
import type { UnaryKind } from './unary-kind.js';

/** A function of one number: the native kind and its parameters. */
export interface NativeUnary {
  readonly op: UnaryKind;
  readonly alpha?: number;
  readonly beta?: number;
}

/** What a unary function is made from: reference inputs are the node's own (Clip has bounds as inputs). */
type UnaryContext = Pick<ReferenceContext, 'node' | 'opset' | 'where' | 'inputs'>;

export interface UnarySpec {
  readonly op: string;
  readonly since: number;
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  /** Element types; floats by default. */
  readonly types?: readonly DType[];
  /** The function in double precision, for float types. */
  readonly float: (ctx: UnaryContext) => (x: number) => number;
  /** The function for integer types; needed when `types` has any. */
  readonly integer?: (ctx: UnaryContext) => (x: bigint) => bigint;
  /** The native function, or null where there is none. */
  readonly native: ((ctx: UnaryContext) => NativeUnary | null) | null;
  /** By the derivative of the native function by default; needed where there may be none. */
  readonly gradient?: Gradient;
  readonly bounds?: BoundsOf;
}

/** y[i] = f(x[i]), of the type of x. */
export function unaryOp(spec: UnarySpec): OpDef {
  const reference = (ctx: ReferenceContext): readonly TensorValue[] => [mapUnary(spec, ctx)];
  return defineOp({
    op: spec.op,
    domain: '',
    since: spec.since,
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: spec.attributes ?? {},
    infer: (ctx) => [typedInput(ctx, 0, spec.types ?? floatTypes)],
    reference,
    gradient: spec.gradient ?? byKind((ctx) => spec.native?.({ ...ctx, inputs: [] }) ?? null),
    cost: noMacs,
    quantize: { kind: 'table' },
    lower: (ctx) =>
      lowerUnary(ctx, reference, () => spec.native?.({ ...ctx, inputs: knownInputs(ctx) }) ?? null),
    ...(spec.bounds && { bounds: spec.bounds }),
    channels: elementwiseChannels,
  });
}

/** The reference of a unary function. */
export function mapUnary(spec: Pick<UnarySpec, 'float' | 'integer'>, ctx: UnaryContext): TensorValue {
  const x = ctx.inputs[0]!;
  if (spec.integer !== undefined && dtypes[x.dtype].integer) {
    const f = spec.integer(ctx);
    return fromElements(
      x.dtype,
      x.dims,
      Array.from(elementsOf(x), (v) => f(BigInt(v))),
    );
  }
  return fromElements(x.dtype, x.dims, toNumbers(x).map(spec.float(ctx)));
}

/** Values of the inputs that are known while planning. */
export const knownInputs = (ctx: LowerContext): readonly (TensorValue | undefined)[] =>
  ctx.inputs.map((_, i) => ctx.value(i));

/**
 * Plans a unary function in the layout that its input has: a native one for float32, a table of the reference for
 * 8-bit types, else nothing.
 */
export function lowerUnary(
  ctx: LowerContext,
  reference: OpDef['reference'],
  native: () => NativeUnary | null,
): boolean {
  const { dtype } = ctx.inputs[0]!;
  if (dtype === 'uint8' || dtype === 'int8') {
    const table = ctx.constant(byteTable(ctx, reference, dtype));
    const { buffer, layout } = readAsIs(ctx, 0);
    ctx.emit('table_u8', [buffer, table], [ctx.write(0, layout)], {});
    return true;
  }
  const kind = dtype === 'float32' ? native() : null;
  if (kind === null) return false;
  const { buffer, layout } = readAsIs(ctx, 0);
  ctx.emit('unary_f32', [buffer], [ctx.write(0, layout)], {
    op: kind.op,
    alpha: kind.alpha ?? 0,
    beta: kind.beta ?? 0,
  });
  return true;
}

/** The reference at all 256 stored bytes, as stored bytes. */
function byteTable(ctx: LowerContext, reference: OpDef['reference'], dtype: 'uint8' | 'int8'): TensorValue {
  const bias = storageBias(dtype);
  const values = Array.from({ length: 256 }, (_, byte) => byte - bias);
  const inputs = [fromElements(dtype, [256], values), ...knownInputs(ctx).slice(1)];
  const [y] = reference({ node: ctx.node, opset: ctx.opset, where: ctx.where, inputs });
  return tensor(
    'uint8',
    [256],
    Uint8Array.from(toNumbers(y!), (v) => v + bias),
  );
}

/** y[i] = predicate(x[i]), of type bool: runs on the host. */
export function predicateOp(spec: {
  readonly op: string;
  readonly since: number;
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  readonly types: readonly DType[];
  readonly quantize: QuantizeRule;
  readonly test: (ctx: UnaryContext) => (x: number) => boolean;
  /** Default: by the reference. */
  readonly lower?: Lower;
}): OpDef {
  return defineOp({
    op: spec.op,
    domain: '',
    since: spec.since,
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: spec.attributes ?? {},
    infer: (ctx) => [{ dtype: 'bool', dims: typedInput(ctx, 0, spec.types).dims }],
    reference: (ctx) => {
      const x = ctx.inputs[0]!;
      const test = spec.test(ctx);
      return [
        tensor(
          'bool',
          x.dims,
          Uint8Array.from(toNumbers(x), (v) => Number(test(v))),
        ),
      ];
    },
    gradient: notDifferentiable('its output is bool'),
    cost: noMacs,
    quantize: spec.quantize,
    lower: spec.lower ?? 'host',
    channels: elementwiseChannels,
  });
}
