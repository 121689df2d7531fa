// Sizes that values have whatever is fed: inferTypes() puts stand-ins in the place of symbols, so a size that it gives may be
// another one when the model runs.
import { type Node, opKey } from '../graph/graph.js';
import type { GraphEditor } from '../graph/rewrite.js';
import { ops } from '../ops/index.js';
import { intAttr, intsAttr } from '../ops/op.js';
import { toNumbers } from '../tensor/tensor.js';
import { elementwiseBinary } from './fuse-tables.js';
import type { InferredTypes } from './infer-types.js';
import { outputChannels } from './output-channels.js';
import { isOp } from './pattern.js';

/** A size that is asked for: axis -1 is the last. */
interface Place {
  readonly name: string;
  readonly axis: number;
}

/** A size above 1, or places of which one that has such a size has the same: no other broadcasts to it. */
type Answer = number | readonly Place[];

/**
 * The size of an axis, counted from the end (-1 is the last), where it is the same for all feeds; undefined where that is not
 * known, and for a 1 that follows from other sizes.
 */
export function fixedSize(
  editor: GraphEditor,
  inferred: InferredTypes,
  name: string,
  axis: number,
): number | undefined {
  const rank = (value: string): number | undefined => inferred.types.get(value)?.dims.length;
  if (inferred.exact) return inferred.types.get(name)?.dims.at(axis);
  const open: Place[] = [{ name, axis }];
  const seen = new Set<string>();
  // Places are added while the loop runs.
  for (const place of open) {
    const key = `${place.axis} ${place.name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const answer = answerOf(editor, rank, place);
    if (typeof answer !== 'number') open.push(...answer);
    else if (answer > 1) return answer;
  }
  return undefined;
}

type RankOf = (name: string) => number | undefined;

/** Operators of ai.onnx, besides functions of one number, whose output has the shape of input 0. */
const keepShape = new Set(
  'BatchNormalization Cast DequantizeLinear Dropout Identity InstanceNormalization LayerNormalization QuantizeLinear Softmax'.split(
    ' ',
  ),
);
const pools = new Set(['AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'MaxPool']);

function answerOf(editor: GraphEditor, rank: RankOf, { name, axis }: Place): Answer {
  const constant = editor.constant(name)?.dims ?? editor.input(name)?.dims;
  if (constant !== undefined && constant !== null) {
    const size = constant.at(axis);
    return typeof size === 'number' ? size : [];
  }
  const node = editor.producer(name);
  if (node === undefined || node.outputs[0] !== name) return [];
  if (keepsShape(node)) return [{ name: node.inputs[0]!, axis }];
  if (node.domain !== '') return [];
  if (elementwiseBinary.has(node.op)) return node.inputs.map((input) => ({ name: input, axis }));
  if (isOp(node, 'MatMul')) return axis === -1 ? columns(editor, rank, node) : [];
  if (isOp(node, 'Reshape')) return reshaped(editor, rank, node, axis);
  const outer = rank(name);
  if (outer === undefined) return [];
  const layout = outputChannels(editor, node);
  if (layout !== undefined) return outer + axis === layout.axis ? layout.channels : [];
  const [x] = node.inputs as [string];
  if (pools.has(node.op)) return outer + axis < 2 ? [{ name: x, axis }] : [];
  if (isOp(node, 'Transpose')) {
    const from = intsAttr(node, 'perm')?.at(axis) ?? -1 - (outer + axis);
    return [{ name: x, axis: from < 0 ? from : from - outer }];
  }
  if (isOp(node, 'Squeeze', 'Unsqueeze')) return besideOnes(editor, rank, node, axis);
  return isOp(node, 'Gather') ? gathered(editor, node, axis) : [];
}

const keepsShape = (node: Node): boolean =>
  (node.domain === '' && keepShape.has(node.op)) || ops.get(opKey(node))?.quantize.kind === 'table';

/** The last axis of a product with a matrix: its columns. */
function columns(editor: GraphEditor, rank: RankOf, node: Node): Answer {
  const b = node.inputs[1]!;
  const axes = editor.constant(b)?.dims.length ?? rank(b) ?? 0;
  return axes >= 2 ? [{ name: b, axis: -1 }] : [];
}

/** What the shape that a Reshape is given says, also where its first sizes are computed. */
function reshaped(editor: GraphEditor, rank: RankOf, node: Node, axis: number): Answer {
  const [x, shape] = node.inputs as [string, string];
  const size = numbersOf(editor, rank, shape).at(axis) ?? -1;
  if (typeof size !== 'number') return [size];
  if (size !== 0) return size;
  const [inner, outer] = [rank(x), rank(node.outputs[0]!)];
  if (inner === undefined || outer === undefined || intAttr(node, 'allowzero', 0) !== 0) return [];
  return [{ name: x, axis: outer + axis - inner }];
}

/** The numbers of a shape that a graph computes: constants and sizes of values. Where not all can be told,
 *  the last ones. */
function numbersOf(editor: GraphEditor, rank: RankOf, list: string): readonly (number | Place)[] {
  const constant = editor.constant(list);
  if (constant !== undefined) return [...toNumbers(constant)];
  const node = editor.producer(list);
  if (isOp(node, 'Concat')) {
    const parts = node.inputs.map((part) => numbersOf(editor, rank, part));
    // Of a part that cannot be told the length is not known either: what counts are the numbers behind it.
    return parts.slice(parts.findLastIndex((part) => part.length === 0) + 1).flat();
  }
  if (isOp(node, 'Slice')) {
    const [starts, ends, axes, steps] = [1, 2, 3, 4].map((i) => editor.constant(node.inputs[i] ?? ''));
    const along = axes === undefined ? (node.inputs[3] ?? '') === '' : toNumbers(axes)[0] === 0;
    const whole = steps === undefined ? (node.inputs[4] ?? '') === '' : toNumbers(steps)[0] === 1;
    if (starts === undefined || ends === undefined || !along || !whole) return [];
    const x = shapeOf(editor, rank, node.inputs[0]!);
    return x.slice(toNumbers(starts)[0], toNumbers(ends)[0]);
  }
  return shapeOf(editor, rank, list);
}

/** The sizes that a Shape reads; none when `list` is something else. */
function shapeOf(editor: GraphEditor, rank: RankOf, list: string): readonly Place[] {
  const node = editor.producer(list);
  if (!isOp(node, 'Shape') || Object.keys(node.attributes).length > 0) return [];
  const [name] = node.inputs as [string];
  const axes = rank(name) ?? 0;
  return Array.from({ length: axes }, (_, i) => ({ name, axis: i - axes }));
}

/** Behind a Squeeze or Unsqueeze at constant axes. */
function besideOnes(editor: GraphEditor, rank: RankOf, node: Node, axis: number): Answer {
  const given = editor.constant(node.inputs[1] ?? '');
  const [inner, outer] = [rank(node.inputs[0]!), rank(node.outputs[0]!)];
  if (given === undefined || inner === undefined || outer === undefined) return [];
  const longer = Math.max(inner, outer);
  const ones = new Set([...toNumbers(given)].map((one) => (one < 0 ? one + longer : one)));
  const others = Array.from({ length: longer }, (_, i) => i).filter((i) => !ones.has(i));
  // Squeeze: axes of the input that are left; Unsqueeze: those of the output that were there.
  const from = outer < inner ? others[outer + axis] : others.indexOf(outer + axis);
  return from === undefined || from < 0 ? [] : [{ name: node.inputs[0]!, axis: from - inner }];
}

/** Rows of a table: all axes of its elements but the first are behind those of the indices. */
function gathered(editor: GraphEditor, node: Node, axis: number): Answer {
  const dims = editor.constant(node.inputs[0]!)?.dims;
  if (dims === undefined || intAttr(node, 'axis', 0) !== 0 || axis <= -dims.length) return [];
  return dims.at(axis)!;
}
