// The different elements (or slices along an axis), where each occurs first, which one every element is, and how often.
import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import { i64, type TensorValue } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  intAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { type Element, elementsOf, pick } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';

export const unique = defineOp({
  op: 'Unique',
  domain: '',
  since: 11,
  inputs: [1, 1],
  outputs: [1, 4],
  attributes: { axis: { type: 'int', default: null }, sorted: { type: 'int', default: 1 } },
  infer: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const { axis, count, first } = findGroups(ctx);
    const list = { dtype: 'int64', dims: [first.length] } as const;
    const different = axis === null ? [first.length] : dims.with(axis, first.length);
    const all = [{ dtype, dims: different }, list, { dtype: 'int64', dims: [count] } as const, list];
    return all.slice(0, ctx.node.outputs.length);
  },
  reference: (ctx) => {
    const x = ctx.inputs[0]!;
    const { axis, count, first, group } = findGroups(knownContext(ctx));
    const inner = axis === null ? 1 : sizeOf(x.dims.slice(axis + 1));
    const outer = axis === null ? 1 : sizeOf(x.dims.slice(0, axis));
    const offsets = Array.from({ length: outer }, (_, o) =>
      first.flatMap((at) => Array.from({ length: inner }, (_, i) => (o * count + at) * inner + i)),
    );
    const dims = axis === null ? [first.length] : x.dims.with(axis, first.length);
    const occurrences = new Float64Array(first.length);
    for (const g of group) occurrences[g]!++;
    const all: TensorValue[] = [pick(x, dims, offsets.flat()), i64(first), i64(group), i64(occurrences)];
    return all.slice(0, ctx.node.outputs.length);
  },
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('its shape depends on data'),
  lower: 'host',
});

interface Groups {
  readonly axis: number | null;
  /** Number of elements (or slices) that are compared. */
  readonly count: number;
  /** Where each different one occurs first, in the order of the output. */
  readonly first: readonly number[];
  /** Index into `first` of every element. */
  readonly group: readonly number[];
}

function findGroups(ctx: InferContext): Groups {
  const x = needValue(ctx, 0);
  const given = ctx.node.attributes.axis;
  const axis =
    given === undefined ? null : normalizeAxis(intAttr(ctx.node, 'axis'), x.dims.length, ctx.where);
  const count = axis === null ? x.data.length : x.dims[axis]!;
  const slices = Array.from({ length: count }, (_, at) => sliceAt(x, axis, at));
  const keys = slices.map((slice) => slice.map(String).join('\u0000'));
  const seen = new Map<string, number>();
  const appearance: number[] = [];
  keys.forEach((key, at) => {
    if (seen.has(key)) return;
    seen.set(key, appearance.length);
    appearance.push(at);
  });
  const order = appearance.map((_, g) => g);
  if (intAttr(ctx.node, 'sorted', 1) === 1)
    order.sort((a, b) => compareSlices(slices[appearance[a]!]!, slices[appearance[b]!]!));
  const rank = new Map(order.map((g, place) => [g, place]));
  return {
    axis,
    count,
    first: order.map((g) => appearance[g]!),
    group: keys.map((key) => rank.get(seen.get(key)!)!),
  };
}

/** The elements at one position of the axis, or the one element. */
function sliceAt(x: TensorValue, axis: number | null, at: number): Element[] {
  const values = elementsOf(x);
  if (axis === null) return [values[at]!];
  const inner = sizeOf(x.dims.slice(axis + 1));
  return Array.from({ length: values.length / x.dims[axis]! }, (_, i) => {
    const outer = Math.floor(i / inner);
    return values[(outer * x.dims[axis]! + at) * inner + (i % inner)]!;
  });
}

/** Lexicographic. */
function compareSlices(a: readonly Element[], b: readonly Element[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return 0;
}
