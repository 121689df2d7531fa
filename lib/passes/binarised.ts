// How float graphs say "binarise": the forms in which exporters write a function of x that is +1 or -1, taken back through
// scales and shifts per channel to a comparison of an earlier value with a threshold per channel.
import type { Node } from '../graph/graph.js';
import type { GraphEditor } from '../graph/rewrite.js';
import type { Dims } from '../tensor/shape.js';
import { type TensorValue, toNumbers } from '../tensor/tensor.js';
import { normalisation } from './output-channels.js';
import { besideConstant, isOp, scalarConstant, soleUser } from './pattern.js';

/** A value that is +1 where `x` compares so with its channel's threshold, else -1. */
export interface Binarised {
  readonly x: string;
  /** Per channel: +1 where x >= threshold (1), or where x < threshold (-1). */
  readonly threshold: Float64Array;
  readonly direction: Int8Array;
}

/** value > bound where `strict`, >= otherwise, < and <= where `less`. */
interface Comparison {
  readonly x: string;
  readonly bound: TensorValue;
  readonly less: boolean;
  readonly strict: boolean;
}

const comparisons = {
  GreaterOrEqual: { less: false, strict: false },
  Greater: { less: false, strict: true },
  LessOrEqual: { less: true, strict: false },
  Less: { less: true, strict: true },
} as const;

function comparisonOf(editor: GraphEditor, node: Node | undefined): Comparison | undefined {
  if (isOp(node, 'Not')) {
    const inner = comparisonOf(editor, editor.producer(node.inputs[0]));
    return inner && { ...inner, less: !inner.less, strict: !inner.strict };
  }
  if (!isOp(node, 'GreaterOrEqual', 'Greater', 'LessOrEqual', 'Less')) return undefined;
  const found = besideConstant(editor, node);
  if (found === undefined || found[1].dtype !== 'float32') return undefined;
  const { less, strict } = comparisons[node.op];
  // bound < x is x > bound.
  return { x: found[0], bound: found[1], less: found[2] === 0 ? !less : less, strict };
}

const zero: TensorValue = { dtype: 'float32', dims: [], data: Float32Array.of(0) };

/** The comparison that decides between +1 and -1 in the last node of a binarisation. */
function decision(editor: GraphEditor, node: Node, signOfZero: boolean): Comparison | undefined {
  if (isOp(node, 'Where')) {
    const values = [1, 2].map((i) => scalarConstant(editor, node.inputs[i]));
    const found = comparisonOf(editor, editor.producer(node.inputs[0]));
    if (values[0] === 1 && values[1] === -1) return found;
    return values[0] === -1 && values[1] === 1 ? opposite(found) : undefined;
  }
  if (isOp(node, 'Sign')) {
    // Sign(Sign(x) + c) with 0 < |c| < 1: zero goes where c points.
    const add = editor.producer(node.inputs[0]);
    const found = isOp(add, 'Add') ? besideConstant(editor, add) : undefined;
    const inner = found && editor.producer(found[0]);
    const c = found && scalarConstant(editor, add!.inputs[found[2]]);
    if (isOp(inner, 'Sign') && c !== undefined && c !== 0 && Math.abs(c) < 1)
      return { x: inner.inputs[0], bound: zero, less: false, strict: c < 0 };
    return signOfZero ? { x: node.inputs[0], bound: zero, less: false, strict: false } : undefined;
  }
  return fromZeroAndOne(editor, node);
}

const opposite = (c: Comparison | undefined): Comparison | undefined =>
  c && { ...c, less: !c.less, strict: !c.strict };

/** 2 * Cast(comparison) - 1, and 1 - 2 * Cast(comparison). */
function fromZeroAndOne(editor: GraphEditor, node: Node): Comparison | undefined {
  if (!isOp(node, 'Sub', 'Add')) return undefined;
  const found = besideConstant(editor, node);
  const scaled = found && editor.producer(found[0]);
  const shift = found && scalarConstant(editor, node.inputs[found[2]]);
  const product = isOp(scaled, 'Mul') ? besideConstant(editor, scaled) : undefined;
  const cast = product && editor.producer(product[0]);
  if (product === undefined || !isOp(cast, 'Cast')) return undefined;
  const factor = scalarConstant(editor, scaled!.inputs[product[2]]);
  const comparison = comparisonOf(editor, editor.producer(cast.inputs[0]));
  const subtracts = node.op === 'Sub';
  const plus = (subtracts && found![2] === 1 && shift === 1) || (!subtracts && shift === -1);
  if (plus && factor === 2) return comparison;
  const minus = (subtracts && found![2] === 0 && factor === 2) || (!subtracts && factor === -2);
  return minus && shift === 1 ? opposite(comparison) : undefined;
}

/** Values per channel of a constant that broadcasts over all axes but 1 of a value of this rank. */
export function channelValues(
  constant: TensorValue,
  rank: number,
  channels: number,
): Float64Array | undefined {
  const { dims } = constant;
  if (constant.dtype !== 'float32' || dims.length > rank) return undefined;
  const shift = rank - dims.length;
  if (!dims.every((d, i) => d === 1 || (i + shift === 1 && d === channels))) return undefined;
  const values = toNumbers(constant);
  return values.length === 1 ? new Float64Array(channels).fill(values[0]) : values;
}

/** The next float32 above a number. */
function above(value: number): number {
  const f = new Float32Array([value]);
  if (!Number.isFinite(f[0]) || f[0] > value) return f[0];
  const bits = new Int32Array(f.buffer);
  if (f[0] === 0) return 2 ** -149;
  bits[0] += f[0] > 0 ? 1 : -1;
  return f[0];
}

/** Undoes y = x * scale + shift in a comparison of y. */
function before(
  b: Binarised,
  x: string,
  scale: ArrayLike<number>,
  shift: ArrayLike<number>,
): Binarised | undefined {
  const threshold = b.threshold.map((t, c) => (t - shift[c]) / scale[c]);
  if (!threshold.every(Number.isFinite)) return undefined;
  // x * scale >= t with a negative scale is x <= t / scale: not x >= the number above that.
  const turned = threshold.map((t, c) => (scale[c] < 0 ? above(t) : t));
  return { x, threshold: turned, direction: b.direction.map((d, c) => (scale[c] < 0 ? -d : d)) };
}

/** Whether a value has the shape that it gets by an operation with this constant, whatever is fed. */
export type KeepsShape = (x: string, constant: TensorValue) => boolean;

/** The comparison one node earlier, where that node scales or shifts channels and nothing else uses its output. */
function stepBack(
  editor: GraphEditor,
  b: Binarised,
  rank: number,
  keepsShape: KeepsShape,
): Binarised | undefined {
  const node = editor.producer(b.x);
  const channels = b.threshold.length;
  if (node === undefined || soleUser(editor, b.x) === undefined) return undefined;
  if (isOp(node, 'BatchNormalization')) {
    const affine = normalisation(editor, node, channels);
    return affine && before(b, node.inputs[0], affine.scale, affine.shift);
  }
  if (!isOp(node, 'Add', 'Sub', 'Mul', 'Div')) return undefined;
  const found = besideConstant(editor, node);
  const values = found && channelValues(found[1], rank, channels);
  if (found === undefined || values === undefined || !keepsShape(found[0], found[1])) return undefined;
  const [ones, zeros] = [new Float64Array(channels).fill(1), new Float64Array(channels)];
  if (node.op === 'Add') return before(b, found[0], ones, values);
  if (node.op === 'Mul') return before(b, found[0], values, zeros);
  if (found[2] === 0)
    return node.op === 'Sub'
      ? before(
          b,
          found[0],
          ones.map((v) => -v),
          values,
        )
      : undefined;
  if (node.op === 'Sub')
    return before(
      b,
      found[0],
      ones,
      values.map((v) => -v),
    );
  return before(
    b,
    found[0],
    values.map((v) => 1 / v),
    zeros,
  );
}

/**
 * What the output of `node` binarises, when it does; `dims` are those of its output. With `signOfZero` Sign(0), which is 0,
 * is taken for +1: that is what binary networks mean, but not what ONNX says. NaN, of which a bit cannot tell, is below every
 * threshold.
 */
export function binarisedBy(
  editor: GraphEditor,
  node: Node,
  dims: Dims,
  signOfZero: boolean,
  keepsShape: KeepsShape,
): Binarised | undefined {
  if (dims.length < 2) return undefined;
  const found = decision(editor, node, signOfZero);
  const bound = found && channelValues(found.bound, dims.length, dims[1]);
  if (found === undefined || bound === undefined || !keepsShape(found.x, found.bound)) return undefined;
  // x > t is x >= the number above t; x <= t is not x > t.
  const up = found.less ? !found.strict : found.strict;
  let current: Binarised = {
    x: found.x,
    threshold: up ? bound.map(above) : bound,
    direction: new Int8Array(dims[1]).fill(found.less ? -1 : 1),
  };
  for (let next = stepBack(editor, current, dims.length, keepsShape); next !== undefined; ) {
    current = next;
    next = stepBack(editor, current, dims.length, keepsShape);
  }
  return current;
}
