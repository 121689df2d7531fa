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

interface Box {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly area: number;
}

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
  const scores = toNumbers(needValue(ctx, 1));
  const centered = intAttr(ctx.node, 'center_point_box', 0) === 1;
  const all = toNumbers(needValue(ctx, 0));
  const chosen: (readonly [number, number, number])[] = [];
  for (let n = 0; n < batches!; n++) {
    // Made when asked for: few of them have a score that counts.
    const boxes: Box[] = [];
    const boxOf = (b: number): Box => {
      boxes[b] ??= boxAt(all, n * count! + b, centered);
      return boxes[b];
    };
    for (let c = 0; c < classes!; c++) {
      const start = (n * classes! + c) * count!;
      for (const b of keptOf(boxOf, scores.subarray(start, start + count!), limit, overlap, least))
        chosen.push([n, c, b]);
    }
  }
  return chosen;
}

/** Indices of the boxes of one class that are kept, best first. */
function keptOf(
  boxOf: (b: number) => Box,
  scores: Float64Array,
  limit: number,
  overlap: number,
  least: number,
): readonly number[] {
  const candidates: number[] = [];
  for (let b = 0; b < scores.length; b++) if (scores[b]! > least) candidates.push(b);
  candidates.sort((a, b) => scores[b]! - scores[a]! || a - b);
  const kept: number[] = [];
  for (const b of candidates) {
    if (kept.length >= limit) break;
    const box = boxOf(b);
    if (kept.every((k) => intersectionOverUnion(box, boxOf(k)) <= overlap)) kept.push(b);
  }
  return kept;
}

/** Corners in either order, or centre and size. */
function boxAt(values: Float64Array, index: number, centered: boolean): Box {
  const a = values[4 * index]!;
  const b = values[4 * index + 1]!;
  const c = values[4 * index + 2]!;
  const d = values[4 * index + 3]!;
  if (centered) return box(b - d / 2, a - c / 2, b + d / 2, a + c / 2);
  return box(Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d));
}

const box = (top: number, left: number, bottom: number, right: number): Box => ({
  top,
  left,
  bottom,
  right,
  area: Math.max(0, bottom - top) * Math.max(0, right - left),
});

function intersectionOverUnion(a: Box, b: Box): number {
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const shared = Math.max(0, height) * Math.max(0, width);
  const union = a.area + b.area - shared;
  return shared === 0 || union <= 0 ? 0 : shared / union;
}
