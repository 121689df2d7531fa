// Non-maximum suppression: of the boxes of one class those that overlap no better one too much.
import { expected, KompaktError } from '../../errors.js';
import { allocate, scalarOf, type TensorValue, tensor } from '../../tensor/tensor.js';
import { type InferContext, inputValue, intAttr, type ReferenceContext } from '../op.js';
import { typedInput } from './elements.js';
import { knownContext } from './known-context.js';

/** Inputs of NonMaxSuppression and of SelectBoxes. */
export const boxInputs = { boxes: 0, scores: 1, limit: 2, overlap: 3, least: 4 } as const;

interface BoxDims {
  readonly batches: number;
  readonly classes: number;
  readonly boxes: number;
}

/** Checks the types of all inputs. */
export function boxDims(ctx: InferContext): BoxDims {
  const { dims } = typedInput(ctx, boxInputs.boxes, ['float32']);
  const [batches, classes, boxes] = typedInput(ctx, boxInputs.scores, ['float32']).dims as [
    number,
    number,
    number,
  ];
  if (dims.join() !== [batches, boxes, 4].join())
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected('boxes [N,B,4] and scores [N,C,B]', ctx.where, dims),
    );
  for (const i of [boxInputs.limit, boxInputs.overlap, boxInputs.least])
    if (ctx.inputs[i] !== undefined) {
      const option = typedInput(ctx, i, [i === boxInputs.limit ? 'int64' : 'float32']);
      if (option.dims.some((dim) => dim !== 1))
        throw new KompaktError('KPT_SHAPE_MISMATCH', expected('one element', ctx.where, option.dims));
    }
  return { batches, classes, boxes };
}

/** Low and high edge along y and x. */
interface Box {
  readonly low: readonly [number, number];
  readonly high: readonly [number, number];
  readonly area: number;
}

/** int32 [N, C, most]: for every batch and class the boxes that are selected, best first, and -1 after the last. Of equal scores
 *  the first comes first. */
export function boxesSelected(ctx: ReferenceContext, most: number): TensorValue {
  const { batches, classes, boxes: count } = boxDims(knownContext(ctx));
  const option = (i: number, absent: number): number =>
    ctx.inputs[i] === undefined ? absent : scalarOf(ctx.inputs[i], ctx.where);
  const limit = option(boxInputs.limit, 0);
  const overlap = option(boxInputs.overlap, 0);
  const least = option(boxInputs.least, Number.NEGATIVE_INFINITY);
  const scores = inputValue(ctx, boxInputs.scores).data as Float32Array;
  const corners = inputValue(ctx, boxInputs.boxes).data as Float32Array;
  const edgesOf = intAttr(ctx.node, 'center_point_box', 0) === 1 ? edgesAround : edgesBetween;
  const data = new Int32Array(batches * classes * most).fill(-1);
  for (let row = 0; row < batches * classes; row++) {
    const scoreOf = (box: number): number => scores[row * count + box]!;
    const candidates = Array.from({ length: count }, (_, box) => box)
      .filter((box) => scoreOf(box) > least)
      .sort((a, b) => scoreOf(b) - scoreOf(a) || a - b);
    const first = Math.floor(row / classes) * count;
    const kept: Box[] = [];
    for (const candidate of candidates) {
      if (kept.length >= limit) break;
      const box = edgesOf(corners.subarray(4 * (first + candidate)));
      if (!kept.every((other) => overlapOf(box, other) <= overlap)) continue;
      data[row * most + kept.length] = candidate;
      kept.push(box);
    }
  }
  return tensor('int32', [batches, classes, most], data);
}

/** Shared area by that of the union. */
function overlapOf(a: Box, b: Box): number {
  const height = sharedLength(a, b, 0);
  const shared = height === 0 ? 0 : height * sharedLength(a, b, 1);
  const union = a.area + b.area - shared;
  return shared === 0 || union <= 0 ? 0 : shared / union;
}

/** NaN where an edge is, unless the others tell that nothing is shared. */
const sharedLength = (a: Box, b: Box, axis: 0 | 1): number =>
  a.high[axis] <= b.low[axis] || b.high[axis] <= a.low[axis]
    ? 0
    : Math.max(0, Math.min(a.high[axis], b.high[axis]) - Math.max(a.low[axis], b.low[axis]));

function boxBetween(low: Box['low'], high: Box['high']): Box {
  return { low, high, area: Math.max(0, high[0] - low[0]) * Math.max(0, high[1] - low[1]) };
}

/** Of two corners [y, x] in either order. */
const edgesBetween = ([y, x, otherY, otherX]: Float32Array): Box =>
  boxBetween([Math.min(y!, otherY!), Math.min(x!, otherX!)], [Math.max(y!, otherY!), Math.max(x!, otherX!)]);

/** Of centre and size: x, y, width, height. */
const edgesAround = ([x, y, width, height]: Float32Array): Box =>
  boxBetween([y! - height! / 2, x! - width! / 2], [y! + height! / 2, x! + width! / 2]);

/** Batch, class and box of all that are selected: int64 [count, 3]. */
export function boxList({ dims, data }: TensorValue): TensorValue {
  const [, classes, most] = dims as [number, number, number];
  const boxes = data as Int32Array;
  let count = 0;
  for (let i = 0; i < boxes.length; i++) count += Number(boxes[i]! >= 0);
  const list = allocate('int64', [count, 3]);
  // Indices have 31 bits: the upper words stay 0.
  const words = new Int32Array(list.buffer);
  let place = 0;
  for (let start = 0, row = 0; start < boxes.length; start += most, row++) {
    const batch = Math.floor(row / classes);
    for (let i = start; i < start + most && boxes[i]! >= 0; i++, place += 6) {
      words[place] = batch;
      words[place + 2] = row - batch * classes;
      words[place + 4] = boxes[i]!;
    }
  }
  return tensor('int64', [count, 3], list);
}
