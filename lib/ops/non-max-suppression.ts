// Selects boxes by score per batch and class, dropping those that overlap a better one too much: int64 [count, 3].
import { expected, KompaktError } from '../errors.js';
import { i64, scalarOf } from '../tensor/tensor.js';
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
  infer: (ctx) => [{ dtype: 'int64', dims: [selection(ctx).length / 3, 3] }],
  reference: (ctx) => {
    const chosen = selection(knownContext(ctx));
    return [i64(chosen, [chosen.length / 3, 3])];
  },
  sizedByResult: true,
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('its output is indices'),
  lower: 'host',
});

/** Batch, class and box of every selected box in turn, best first within batch and class. */
function selection(ctx: InferContext): number[] {
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
  const scores = needValue(ctx, 1).data as Float32Array;
  const boxes = needValue(ctx, 0).data as Float32Array;
  const edgesOf = intAttr(ctx.node, 'center_point_box', 0) === 1 ? edgesAround : edgesBetween;
  const candidates = new Candidates(count!);
  const kept = new KeptBoxes(Math.min(count!, Math.max(0, limit)), overlap);
  const chosen: number[] = [];
  for (let row = 0; row < batches! * classes!; row++) {
    const batch = Math.floor(row / classes!);
    candidates.take(scores.subarray(row * count!, (row + 1) * count!), least);
    kept.clear();
    while (!kept.isFull && candidates.length > 0) {
      const box = candidates.next();
      edgesOf(boxes, 4 * (batch * count! + box), kept.edges);
      if (kept.add()) chosen.push(batch, row % classes!, box);
    }
  }
  return chosen;
}

/** Boxes of one class as a heap, best first: few of many are asked for. Of equal scores the first comes first. */
class Candidates {
  length = 0;
  private readonly heap: Int32Array;
  private scores: Float32Array = new Float32Array(0);

  constructor(most: number) {
    this.heap = new Int32Array(most);
  }

  /** Those with scores above `least`, in the place of those that were left. */
  take(scores: Float32Array, least: number): void {
    this.scores = scores;
    this.length = 0;
    // Number() is without a branch, which random scores would mispredict.
    for (let box = 0; box < scores.length; box++) {
      this.heap[this.length] = box;
      this.length += Number(scores[box]! > least);
    }
    for (let parent = (this.length >> 1) - 1; parent >= 0; parent--) this.sink(parent, this.heap[parent]!);
  }

  next(): number {
    const best = this.heap[0]!;
    this.sink(0, this.heap[--this.length]!);
    return best;
  }

  /** Puts a box at a place or below. */
  private sink(place: number, box: number): void {
    const { heap, length, scores } = this;
    const score = scores[box]!;
    for (let child = 2 * place + 1; child < length; child = 2 * place + 1) {
      if (child + 1 < length) {
        const [a, b] = [heap[child]!, heap[child + 1]!];
        child += Number(isBefore(scores[b]!, b, scores[a]!, a));
      }
      const other = heap[child]!;
      if (!isBefore(scores[other]!, other, score, box)) break;
      heap[place] = other;
      place = child;
    }
    heap[place] = box;
  }
}

const isBefore = (score: number, box: number, otherScore: number, other: number): boolean =>
  score > otherScore || (score === otherScore && box < other);

/** The boxes of one class that are kept. */
class KeptBoxes {
  /** Of the box that asks: top, left, bottom, right. */
  readonly edges = new Float64Array(4);
  private length = 0;
  /** Edges and area of each. */
  private readonly values: Float64Array;

  constructor(
    private readonly most: number,
    private readonly overlap: number,
  ) {
    this.values = new Float64Array(5 * most);
  }

  get isFull(): boolean {
    return this.length >= this.most;
  }

  clear(): void {
    this.length = 0;
  }

  /** Keeps the box with these edges unless it overlaps another too much. */
  add(): boolean {
    const { edges, values, overlap } = this;
    const [top, left, bottom, right] = [edges[0]!, edges[1]!, edges[2]!, edges[3]!];
    const area = Math.max(0, bottom - top) * Math.max(0, right - left);
    const end = 5 * this.length;
    for (let k = 0; k < end; k += 5) {
      const height = within(top, bottom, values[k]!, values[k + 2]!);
      const shared = height === 0 ? 0 : height * within(left, right, values[k + 1]!, values[k + 3]!);
      const union = area + values[k + 4]! - shared;
      const ratio = shared === 0 || union <= 0 ? 0 : shared / union;
      if (!(ratio <= overlap)) return false;
    }
    for (let i = 0; i < 4; i++) values[end + i] = edges[i]!;
    values[end + 4] = area;
    this.length++;
    return true;
  }
}

/** Length of what two intervals share. Most share nothing. */
const within = (low: number, high: number, otherLow: number, otherHigh: number): number =>
  high <= otherLow || otherHigh <= low ? 0 : Math.max(0, Math.min(high, otherHigh) - Math.max(low, otherLow));

type Edges = (boxes: Float32Array, at: number, edges: Float64Array) => void;

/** Of corners in either order. */
const edgesBetween: Edges = (boxes, at, edges) => {
  for (let axis = 0; axis < 2; axis++) {
    const [a, b] = [boxes[at + axis]!, boxes[at + axis + 2]!];
    edges[axis] = Math.min(a, b);
    edges[axis + 2] = Math.max(a, b);
  }
};

/** Of centre and size: x, y, width, height. */
const edgesAround: Edges = (boxes, at, edges) => {
  for (let axis = 0; axis < 2; axis++) {
    const [center, size] = [boxes[at + 1 - axis]!, boxes[at + 3 - axis]!];
    edges[axis] = center - size / 2;
    edges[axis + 2] = center + size / 2;
  }
};
