// Prune (ai.kompakt): weights of which the smallest are 0, more and more of them as training goes on. Inputs w, mask (state,
// 1 where a weight counts) and progress (the share of training that is done); outputs y, which is w where the new mask is
// not 0, and the new mask.
// The share of zeros rises from `initial` to `final` between the shares `begin` and `end` of the run as
//   s = final + (initial - final) * (1 - t)^3,  t = (progress - begin) / (end - begin) within 0 and 1
// (Zhu & Gupta 2017, arXiv:1710.01878, equation 1). The mask is made anew only where its zeros are not that many yet, so what
// is pruned can come back while the share rises and stays pruned afterwards. Exists while a model is trained to be sparse.
import { type Dims, sameDims, sizeOf } from '../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../tensor/tensor.js';
import { multiply } from './gradients/emit.js';
import { defineOp, floatAttr, inputType, inputValue, noMacs, staysFloat } from './op.js';
import { checkType, floatTypes, illegalAttribute, illegalShape } from './shared/illegal.js';

interface Ramp {
  readonly initial: number;
  readonly final: number;
  readonly begin: number;
  readonly end: number;
}

const rampNames = ['initial', 'final', 'begin', 'end'] as const;

/** Zeros among n weights. In double precision and in this order of operations, as in native/ops/prune_f32.cc. */
function zerosOf({ initial, final, begin, end }: Ramp, progress: number, n: number): number {
  const t = progress >= end ? 1 : progress > begin ? (progress - begin) / (end - begin) : 0;
  const left = 1 - t;
  return Math.floor((final + (initial - final) * left * left * left) * n + 0.5);
}

/** 0 at the `zeros` weights of least magnitude, the first of equal ones first, and 1 elsewhere. */
export function maskOfLeast(values: ArrayLike<number>, zeros: number): Float64Array {
  const mask = new Float64Array(values.length).fill(1);
  // NaN counts as infinite: it shall be seen.
  const sizes = Float64Array.from(values, (v) => (Number.isNaN(v) ? Number.POSITIVE_INFINITY : Math.abs(v)));
  const order = Array.from(mask.keys()).sort((a, b) => sizes[a]! - sizes[b]! || a - b);
  for (const i of order.slice(0, zeros)) mask[i] = 0;
  return mask;
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
    initial: { type: 'float' },
    final: { type: 'float' },
    begin: { type: 'float' },
    end: { type: 'float' },
  },
  infer: (ctx) => {
    const [w, mask, progress] = [0, 1, 2].map((i) => inputType(ctx, i));
    checkType(w!.dtype, floatTypes, 'weights', ctx.where);
    checkType(mask!.dtype, [w!.dtype], 'a mask', ctx.where);
    checkDims('a mask', ctx.where, mask!.dims, w!.dims);
    checkDims('progress', ctx.where, progress!.dims, []);
    for (const name of rampNames) {
      const value = floatAttr(ctx.node, name);
      if (!(value >= 0 && value <= 1)) illegalAttribute(`${name} between 0 and 1`, ctx.where, value);
    }
    return [w!, mask!];
  },
  reference: (ctx) => {
    const [w, mask] = [inputValue(ctx, 0), inputValue(ctx, 1)];
    const [values, old] = [toNumbers(w), toNumbers(mask)];
    const [initial, final, begin, end] = rampNames.map((name) => floatAttr(ctx.node, name));
    const ramp = { initial: initial!, final: final!, begin: begin!, end: end! };
    const zeros = zerosOf(ramp, toNumbers(inputValue(ctx, 2))[0]!, values.length);
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
    const [initial, final, begin, end] = rampNames.map((name) => floatAttr(ctx.node, name));
    ctx.emit('prune_f32', inputs, [ctx.write(0, 'plain'), ctx.writeOver(1, 1)], {
      initial: initial!,
      final: final!,
      begin: begin!,
      end: end!,
    });
    return true;
  },
});
