// Selects boxes by score per batch and class, dropping those that overlap a better one too much: int64 [count, 3].
import { expected, KompaktError } from '../errors.js';
import { i64, scalarOf, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  intAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { typedInput } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';

export const nonMaxSuppression = defineOp({
  op: 'NonMaxSuppression',
  domain: '',
  since: 10,
  inputs: [2, 5],
  outputs: [1, 1],
  attributes: { center_point_box: { type: 'int', default: 0 } },
  infer: (ctx) => [{ dtype: 'int64', dims: [selection(ctx).length, 3] }],
  reference: (ctx) => {
    const chosen = selection(knownContext(ctx));
    return [i64(chosen.flat(), [chosen.length, 3])];
  },
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('its output is indices'),
  lower: 'host',
});

/** top, left, bottom, right */
type Box = readonly [number, number, number, number];

/** [batch, class, box] of every selected box, best first within batch and class. */
function selection(ctx: InferContext): (readonly [number, number, number])[] {
  const [batches, count, four] = typedInput(ctx, 0, ['float32']).dims;
  const [scoreBatches, classes, scoreCount] = typedInput(ctx, 1, ['float32']).dims;
  if (four !== 4 || batches !== scoreBatches || count !== scoreCount)
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected('boxes [N,B,4] and scores [N,C,B]', ctx.where, ctx.inputs[0]!.dims),
    );
  const option = (i: number, absent: number) =>
    ctx.inputs[i] === undefined ? absent : scalarOf(needValue(ctx, i), ctx.where);
  const limit = option(2, 0);
  const overlap = option(3, 0);
  const least = option(4, Number.NEGATIVE_INFINITY);
  const boxes = toNumbers(needValue(ctx, 0));
  const scores = toNumbers(needValue(ctx, 1));
  const centered = intAttr(ctx.node, 'center_point_box', 0) === 1;
  const chosen: (readonly [number, number, number])[] = [];
  for (let n = 0; n < batches!; n++)
    for (let c = 0; c < classes!; c++) {
      const score = (b: number) => scores[(n * classes! + c) * count! + b]!;
      const box = (b: number) => boxAt(boxes, n * count! + b, centered);
      const candidates = Array.from({ length: count! }, (_, b) => b).filter((b) => score(b) > least);
      candidates.sort((a, b) => score(b) - score(a) || a - b);
      const kept: number[] = [];
      for (const b of candidates) {
        if (kept.length >= limit) break;
        if (kept.every((k) => intersectionOverUnion(box(b), box(k)) <= overlap)) kept.push(b);
      }
      for (const b of kept) chosen.push([n, c, b]);
    }
  return chosen;
}

/** Corners in either order, or centre and size. */
function boxAt(boxes: Float64Array, index: number, centered: boolean): Box {
  const [a, b, c, d] = boxes.subarray(index * 4, index * 4 + 4) as unknown as Box;
  if (centered) return [b - d / 2, a - c / 2, b + d / 2, a + c / 2];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

const area = ([top, left, bottom, right]: Box): number =>
  Math.max(0, bottom - top) * Math.max(0, right - left);

function intersectionOverUnion(a: Box, b: Box): number {
  const shared = area([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
  const union = area(a) + area(b) - shared;
  return shared === 0 || union <= 0 ? 0 : shared / union;
}
