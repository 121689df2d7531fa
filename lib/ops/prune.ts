// Prune (ai.kompakt): weights of which the smallest are 0, more and more of them as training goes on. Inputs w, mask (state,
// 1 where a weight counts) and progress (the share of training that is done); outputs y, which is w where the new mask is
// not 0, and the new mask.
// The number of zeros rises from `from` to `to` between the shares `begin` and `end` of the run as
//   to + (from - to) * (1 - t)^3,  t = (progress - begin) / (end - begin) within 0 and 1
// (Zhu & Gupta 2017, arXiv:1710.01878, equation 1). The mask is made anew only where its zeros are not that many yet, so what
// is pruned can come back while the number rises and stays pruned afterwards. Exists while a model is trained to be sparse.
import type { Node } from '../graph/graph.js';
import { type Dims, sameDims, sizeOf } from '../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../tensor/tensor.js';
import { multiply } from './gradients/emit.js';
import { defineOp, floatAttr, inputType, inputValue, intAttr, noMacs, staysFloat } from './op.js';
import { checkType, floatTypes, illegalAttribute, illegalShape } from './shared/illegal.js';

interface Ramp {
  readonly from: number;
  readonly to: number;
  readonly begin: number;
  readonly end: number;
}

const rampOf = (node: Node): Ramp => ({
  from: intAttr(node, 'from'),
  to: intAttr(node, 'to'),
  begin: floatAttr(node, 'begin'),
  end: floatAttr(node, 'end'),
});

/** In double precision and in this order of operations, as in native/ops/prune_f32.cc. */
function zerosOf({ from, to, begin, end }: Ramp, progress: number): number {
  const t = progress >= end ? 1 : progress > begin ? (progress - begin) / (end - begin) : 0;
  const left = 1 - t;
  return Math.floor(to + (from - to) * left * left * left + 0.5);
}

/** 0 at the `zeros` weights of least magnitude, the first of equal ones first, and 1 elsewhere. */
export function maskOfLeast(values: ArrayLike<number>, zeros: number): Float64Array {
  const sizes = magnitudesOf(values);
  const { below, equal } = leastOf(sizes, zeros);
  const mask = new Float64Array(sizes.length);
  for (let i = 0, ties = equal; i < mask.length; i++) {
    const least = sizes[i]! < below || (sizes[i] === below && ties-- > 0);
    mask[i] = least ? 0 : 1;
  }
  return mask;
}

/** NaN counts as infinite: it shall be seen. */
export function magnitudesOf(values: ArrayLike<number>): Float64Array {
  const sizes = new Float64Array(values.length);
  for (let i = 0; i < sizes.length; i++) {
    const size = Math.abs(values[i]!);
    sizes[i] = Number.isNaN(size) ? Number.POSITIVE_INFINITY : size;
  }
  return sizes;
}

/** The `count` least values are those below `below` and so many that equal it. */
export function leastOf(
  values: Float64Array,
  count: number,
): { readonly below: number; readonly equal: number } {
  if (count === 0) return { below: Number.NEGATIVE_INFINITY, equal: 0 };
  const sorted = values.slice().sort();
  const below = sorted[count - 1]!;
  return { below, equal: count - sorted.indexOf(below) };
}

const checkDims = (what: string, where: string, dims: Dims, wanted: Dims): void => {
  if (!sameDims(dims, wanted)) illegalShape(`${what} of shape [${wanted}]`, where, dims);
};

export const prune = defineOp({
  op: 'Prune',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [3, 3],
  outputs: [2, 2],
  attributes: {
    from: { type: 'int' },
    to: { type: 'int' },
    begin: { type: 'float' },
    end: { type: 'float' },
  },
  infer: (ctx) => {
    const [w, mask, progress] = [0, 1, 2].map((i) => inputType(ctx, i));
    checkType(w!.dtype, floatTypes, 'weights', ctx.where);
    checkType(mask!.dtype, [w!.dtype], 'a mask', ctx.where);
    checkDims('a mask', ctx.where, mask!.dims, w!.dims);
    checkDims('progress', ctx.where, progress!.dims, []);
    const { from, to, begin, end } = rampOf(ctx.node);
    const most = sizeOf(w!.dims);
    for (const zeros of [from, to])
      if (!(zeros >= 0 && zeros <= most)) illegalAttribute(`from 0 to ${most} zeros`, ctx.where, zeros);
    for (const share of [begin, end])
      if (!(share >= 0 && share <= 1)) illegalAttribute('shares between 0 and 1', ctx.where, share);
    return [w!, mask!];
  },
  reference: (ctx) => {
    const [w, mask] = [inputValue(ctx, 0), inputValue(ctx, 1)];
    const [values, old] = [toNumbers(w), toNumbers(mask)];
    const zeros = zerosOf(rampOf(ctx.node), toNumbers(inputValue(ctx, 2))[0]!);
    const next = old.filter((m) => m === 0).length === zeros ? old : maskOfLeast(values, zeros);
    const like = (numbers: ArrayLike<number>): TensorValue => fromNumbers(w.dtype, w.dims, numbers);
    return [like(values.map((v, i) => (next[i] === 0 ? 0 : v))), like(next)];
  },
  learns: [0],
  updates: [[1, 1]],
  // What is pruned gets no gradient.
  gradient: (ctx) => {
    const gradient = ctx.outputGradient(0);
    return gradient === undefined ? [] : [multiply(ctx, gradient, ctx.node.outputs[1]!)];
  },
  cost: noMacs,
  quantize: staysFloat('it exists while training only'),
  lower: (ctx) => {
    const w = inputType(ctx, 0);
    if (w.dtype !== 'float32' || sizeOf(w.dims) === 0) return false;
    const inputs = [0, 1, 2].map((i) => ctx.read(i, 'plain'));
    ctx.emit('prune_f32', inputs, [ctx.write(0, 'plain'), ctx.writeOver(1, 1)], rampOf(ctx.node));
    return true;
  },
});
