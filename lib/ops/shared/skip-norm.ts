// Normalisations of rows as transformers use them: LayerNormalization and its simplified form without a mean, alone or
// behind a sum of the input with a skip connection and a bias.
import { type Dims, sizeOf } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import {
  type Buffer,
  defineOp,
  floatAttr,
  type InferContext,
  inputType,
  inputValue,
  type LowerContext,
  noMacs,
  notDifferentiable,
  type OpDef,
  type ReferenceContext,
  staysFloat,
  type TensorType,
} from '../op.js';
import { noActivation } from './activation.js';
import { checkType, floatTypes, illegalAttribute, illegalShape } from './illegal.js';
import { normalizedRows } from './row-norm.js';

/** Indices of the inputs; -1: the operator has none. */
export interface RowNorm {
  readonly skip: number;
  readonly scale: number;
  readonly shift: number;
  readonly bias: number;
  /** Divides by the root of the mean square, without taking the mean away. */
  readonly simplified: boolean;
  readonly epsilon: number;
}

/** A normalisation of com.microsoft behind a sum; its inputs end with the bias. */
export function skipNormOp(op: string, form: Omit<RowNorm, 'epsilon' | 'skip' | 'scale'>): OpDef {
  const norm: RowNorm = { ...form, skip: 1, scale: 2, epsilon: Math.fround(1e-12) };
  return defineOp({
    op,
    domain: 'com.microsoft',
    since: 1,
    inputs: [3, norm.bias + 1],
    outputs: [1, 4],
    attributes: { epsilon: { type: 'float', default: norm.epsilon } },
    infer: (ctx) => inferRowNorm(norm, ctx),
    reference: (ctx) => referenceRowNorm(norm, ctx),
    gradient: notDifferentiable('no rule has been written for it'),
    cost: noMacs,
    quantize: staysFloat('means and deviations need more than 8 bits'),
    lower: (ctx) => lowerRowNorm(norm, ctx),
  });
}

/** Index of the output that gives the sum before it is normalised. */
const SUM = 3;

const rowOf = (dims: Dims): number => dims[dims.length - 1] ?? 1;

/** A skip connection is as large as x, or one sequence for all of a batch. */
const skipShapes = (x: Dims): readonly Dims[] => (x.length === 3 ? [x, [1, ...x.slice(1)], x.slice(1)] : [x]);

export function inferRowNorm(norm: RowNorm, ctx: InferContext): readonly TensorType[] {
  const type = inputType(ctx, 0);
  checkType(type.dtype, floatTypes, 'an input', ctx.where);
  const n = rowOf(type.dims);
  const skip = ctx.inputs[norm.skip];
  const skips = skipShapes(type.dims).map((dims) => `[${dims.join(',')}]`);
  if (skip !== undefined && !skips.includes(`[${skip.dims.join(',')}]`))
    illegalShape(`a skip connection of shape ${skips.join(' or ')}`, ctx.where, skip.dims);
  for (const i of [norm.scale, norm.shift, norm.bias])
    if (ctx.inputs[i] !== undefined && sizeOf(ctx.inputs[i].dims) !== n)
      illegalShape(`input ${i} of shape [${n}]`, ctx.where, ctx.inputs[i].dims);
  const { outputs } = ctx.node;
  if (outputs.slice(1, SUM).some((name) => name !== ''))
    illegalAttribute('no outputs for means and deviations', ctx.where, outputs);
  const moments: TensorType = {
    dtype: 'float32',
    dims: type.dims.map((d, i, all) => (i < all.length - 1 ? d : 1)),
  };
  return (outputs[SUM] ?? '') === '' ? [type] : [type, moments, moments, type];
}

export function referenceRowNorm(norm: RowNorm, ctx: ReferenceContext): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  const n = rowOf(x.dims);
  const sum = toNumbers(x);
  for (const i of [norm.skip, norm.bias]) {
    const other = ctx.inputs[i] && toNumbers(ctx.inputs[i]);
    if (other !== undefined) for (let k = 0; k < sum.length; k++) sum[k] += other[k % other.length];
  }
  const epsilon = floatAttr(ctx.node, 'epsilon', norm.epsilon);
  const total = fromNumbers(x.dtype, x.dims, sum);
  const y = norm.simplified ? rootMeanSquare(total, n, epsilon) : normalizedRows(total, n, epsilon).y;
  const scale = toNumbers(inputValue(ctx, norm.scale));
  const shift = ctx.inputs[norm.shift] && toNumbers(ctx.inputs[norm.shift]!);
  const out = fromNumbers(
    x.dtype,
    x.dims,
    y.map((v, i) => v * scale[i % n] + (shift?.[i % n] ?? 0)),
  );
  if ((ctx.node.outputs[SUM] ?? '') === '') return [out];
  const dims = x.dims.map((d, i) => (i < x.dims.length - 1 ? d : 1));
  const none = fromNumbers('float32', dims, new Float64Array(sizeOf(dims)));
  return [out, none, none, total];
}

/** Every row of n elements over its root mean square. */
export function rootMeanSquare(x: TensorValue, n: number, epsilon: number): Float64Array {
  const y = toNumbers(x);
  for (let start = 0; start < y.length; start += n) {
    const row = y.subarray(start, start + n);
    const mean = row.reduce((s, v) => s + v * v, 0) / n;
    for (let i = 0; i < n; i++) row[i] /= Math.sqrt(mean + epsilon);
  }
  return y;
}

export function lowerRowNorm(norm: RowNorm, ctx: LowerContext): boolean {
  const { dtype, dims } = inputType(ctx, 0);
  const n = rowOf(dims);
  const rows = [sizeOf(dims) / n, n];
  const known = [norm.scale, norm.shift].every((i) => ctx.inputs[i] === undefined || ctx.value(i));
  if (dtype !== 'float32' || n === 0 || !known) return false;
  const add = { op: 'add', ...noActivation } as const;
  const wantsSum = (ctx.node.outputs[SUM] ?? '') !== '';
  let sum = ctx.reshape(ctx.read(0, 'plain'), rows);
  const addends = [norm.skip, norm.bias].filter((i) => ctx.inputs[i] !== undefined);
  addends.forEach((i, k) => {
    const size = sizeOf(ctx.inputs[i]!.dims);
    // A row, or a sequence of rows, is added to each of those that lie behind one another.
    const shape = size === sizeOf(dims) ? rows : [sizeOf(dims) / size, size];
    const other = ctx.reshape(ctx.read(i, 'plain'), shape === rows ? rows : [size]);
    const last = wantsSum && k === addends.length - 1;
    const to = last ? ctx.reshape(ctx.write(SUM, 'plain'), shape) : ctx.temporary('float32', shape);
    ctx.emit('binary_f32', [ctx.reshape(sum, shape), other], [to], add);
    sum = ctx.reshape(to, rows);
  });
  const epsilon = floatAttr(ctx.node, 'epsilon', norm.epsilon);
  const row = (i: number): Buffer | null => {
    const value = ctx.value(i);
    return value === undefined ? null : ctx.reshape(ctx.constant(value), [n]);
  };
  if (norm.simplified) emitRootMeanSquare(ctx, sum, rows, row(norm.scale)!, epsilon);
  else {
    const inputs = [sum, row(norm.scale), row(norm.shift)];
    ctx.emit('layer_norm_f32', inputs, [ctx.reshape(ctx.write(0, 'plain'), rows)], { epsilon });
  }
  return true;
}

export function emitRootMeanSquare(
  ctx: LowerContext,
  x: Buffer,
  rows: Dims,
  scale: Buffer,
  epsilon: number,
): void {
  const [count, n] = rows;
  const [squares, mean, root] = [rows, [count, 1], [count, 1]].map((d) => ctx.temporary('float32', d));
  const divided = ctx.temporary('float32', rows);
  const small = ctx.constant(tensor('float32', [1], Float32Array.of(epsilon)));
  ctx.emit('unary_f32', [x], [squares], { op: 'square', alpha: 0, beta: 0 });
  ctx.emit('reduce_f32', [squares], [mean], { op: 'mean', dims: [count, n, 1] });
  ctx.emit('binary_f32', [mean, small], [root], { op: 'add', activation: 'sqrt', alpha: 0, beta: 0 });
  ctx.emit('binary_f32', [x, root], [divided], { op: 'div', ...noActivation });
  const y = ctx.reshape(ctx.write(0, 'plain'), rows);
  ctx.emit('binary_f32', [divided, scale], [y], { op: 'mul', ...noActivation });
}
