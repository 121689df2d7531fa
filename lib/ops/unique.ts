// The different elements (or slices along an axis), where each occurs first, which one every element is, and how often.

import { isInt64 } from '../tensor/dtype.js';
import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import { i64, type TensorValue, toNumbers } from '../tensor/tensor.js';
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
    const offsets = Array.from({ length: outer }, (_, o) => first.map((at) => (o * count + at) * inner));
    const dims = axis === null ? [first.length] : x.dims.with(axis, first.length);
    const occurrences = new Float64Array(first.length);
    for (const g of group) occurrences[g]!++;
    const all: TensorValue[] = [
      pick(x, dims, offsets.flat(), inner),
      i64(first),
      i64(group),
      i64(occurrences),
    ];
    return all.slice(0, ctx.node.outputs.length);
  },
  sizedByResult: true,
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
  readonly group: Int32Array;
}

function findGroups(ctx: InferContext): Groups {
  const x = needValue(ctx, 0);
  const given = ctx.node.attributes.axis;
  const axis =
    given === undefined ? null : normalizeAxis(intAttr(ctx.node, 'axis'), x.dims.length, ctx.where);
  const { keys, compare } = axis === null ? elementKeys(x) : sliceKeys(x, axis);
  const seen = new Map<Element, number>();
  const appearance: number[] = [];
  const group = new Int32Array(keys.length);
  for (let at = 0; at < keys.length; at++) {
    const known = seen.get(keys[at]!);
    group[at] = known ?? appearance.length;
    if (known !== undefined) continue;
    seen.set(keys[at]!, appearance.length);
    appearance.push(at);
  }
  if (intAttr(ctx.node, 'sorted', 1) !== 1) return { axis, count: keys.length, first: appearance, group };
  const order = appearance.map((_, g) => g).sort((a, b) => compare(appearance[a]!, appearance[b]!));
  const rank = new Int32Array(order.length);
  for (const [place, g] of order.entries()) rank[g] = place;
  for (let at = 0; at < group.length; at++) group[at] = rank[group[at]!]!;
  return { axis, count: keys.length, first: order.map((g) => appearance[g]!), group };
}

/** What is compared: equal ones have equal keys. */
interface Keys {
  readonly keys: ArrayLike<Element>;
  /** Of two that differ: below 0 when the one at `a` comes first. */
  readonly compare: (a: number, b: number) => number;
}

function elementKeys(x: TensorValue): Keys {
  const keys = isInt64(x.dtype) ? numbersIfExact(x) : elementsOf(x);
  return { keys, compare: (a, b) => (keys[a]! < keys[b]! ? -1 : 1) };
}

/** Bigints take many times as long. */
function numbersIfExact(x: TensorValue): ArrayLike<Element> {
  const numbers = toNumbers(x);
  return numbers.every((v) => Math.abs(v) < 2 ** 53) ? numbers : x.data;
}

function sliceKeys(x: TensorValue, axis: number): Keys {
  const slices = Array.from({ length: x.dims[axis]! }, (_, at) => sliceAt(x, axis, at));
  return {
    keys: slices.map((slice) => slice.map(String).join('\u0000')),
    compare: (a, b) => compareSlices(slices[a]!, slices[b]!),
  };
}

/** The elements at one position of the axis. */
function sliceAt(x: TensorValue, axis: number, at: number): Element[] {
  const values = elementsOf(x);
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
