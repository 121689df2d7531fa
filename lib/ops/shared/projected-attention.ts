// Self-attention that makes Q, K and V from one input by one matrix: Attention and QAttention of com.microsoft. Their
// masks hold 0 for what is hidden, or the end (and start) of what is not.
import { fromNumbers, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type AttributeSpec,
  type Cost,
  floatAttr,
  type InferContext,
  inputType,
  intAttr,
  intsAttr,
  type ReferenceContext,
  type TensorType,
} from '../op.js';
import {
  type AttentionOptions,
  type AttentionSizes,
  appended,
  attend,
  biasSum,
  broadcastBias,
  causalBias,
  swapHeads,
} from './attention.js';
import { AttentionBody } from './attention-body.js';
import { costOf } from './cost.js';
import { checkType, illegalAttribute, illegalShape } from './illegal.js';
import { knownContext } from './known-context.js';

export interface ProjectedForm {
  /** Input indices; -1: the operator has none. */
  readonly weights: number;
  readonly bias: number;
  readonly mask: number;
  readonly past: number;
  readonly extra: number;
  /** Input x weights + bias, [batch, length, widths of Q, K and V]. */
  readonly project: (ctx: ReferenceContext) => TensorValue;
  /** The same as nodes. */
  readonly projectIn: (body: AttentionBody, ctx: InferContext) => string;
}

export const projectedAttributes: Readonly<Record<string, AttributeSpec>> = {
  do_rotary: { type: 'int', default: 0 },
  mask_filter_value: { type: 'float', default: -10000 },
  num_heads: { type: 'int' },
  past_present_share_buffer: { type: 'int', default: 0 },
  scale: { type: 'float', default: null },
  unidirectional: { type: 'int', default: 0 },
};

interface Sizes extends AttentionSizes {
  readonly past: number;
  /** Widths of Q and K, and of V. */
  readonly width: number;
  readonly valueWidth: number;
}

function sizesOf(form: ProjectedForm, ctx: InferContext): Sizes {
  const { node, where } = ctx;
  const x = inputType(ctx, 0).dims;
  const w = inputType(ctx, form.weights).dims;
  const heads = intAttr(node, 'num_heads');
  for (const name of ['do_rotary', 'past_present_share_buffer'])
    if (intAttr(node, name, 0) !== 0) illegalAttribute(`${name} 0`, where, intAttr(node, name));
  if (x.length !== 3 || w.length !== 2 || w[0] !== x[2])
    illegalShape(`weights of shape [${x[2]},n]`, where, w);
  const given = intsAttr(node, 'qkv_hidden_sizes') ?? [w[1] / 3, w[1] / 3, w[1] / 3];
  const [width, keyWidth, valueWidth] = given;
  const fits = [width, valueWidth].every((n) => Number.isInteger(n / heads));
  if (heads < 1 || !fits || keyWidth !== width || width + keyWidth + valueWidth !== w[1])
    illegalShape(`widths of Q, K and V that ${heads} heads share`, where, given);
  const past = ctx.inputs[form.past]?.dims[3] ?? 0;
  return {
    past,
    width,
    valueWidth,
    batch: x[0],
    heads,
    kvHeads: heads,
    queries: x[1],
    keys: past + x[1],
    size: width / heads,
    valueSize: valueWidth / heads,
  };
}

export function inferProjected(form: ProjectedForm, ctx: InferContext): readonly TensorType[] {
  const { past, batch, heads, queries, keys, size, valueSize, valueWidth } = sizesOf(form, ctx);
  const mask = ctx.inputs[form.mask];
  if (mask !== undefined) {
    checkType(mask.dtype, ['int32'], 'a mask', ctx.where);
    const dims = mask.dims.join();
    const ends = [`${batch}`, `${2 * batch}`];
    if (![...ends, `${batch},${keys}`, `${batch},${queries},${keys}`].includes(dims))
      illegalShape(
        `a mask of shape [${batch},${keys}], [${batch},${queries},${keys}] or ends of rows`,
        ctx.where,
        dims,
      );
  }
  const pastDims = ctx.inputs[form.past]?.dims;
  if (pastDims !== undefined && pastDims.join() !== [2, batch, heads, past, size].join())
    illegalShape(`a past of shape [2,${batch},${heads},n,${size}]`, ctx.where, pastDims);
  const wantsPresent = (ctx.node.outputs[1] ?? '') !== '';
  if ((wantsPresent || past > 0) && size !== valueSize)
    illegalShape('keys and values of one size where there is a past', ctx.where, [size, valueSize]);
  const y: TensorType = { dtype: 'float32', dims: [batch, queries, valueWidth] };
  const present: TensorType = { dtype: 'float32', dims: [2, batch, heads, keys, size] };
  return [y, present].slice(0, ctx.node.outputs.length);
}

const scaleOf = (ctx: Pick<InferContext, 'node'>, size: number): number =>
  floatAttr(ctx.node, 'scale', 0) || 1 / Math.sqrt(size);

/** The mask as what is added to scores. */
function maskBias(mask: TensorValue, batch: number, hidden: number): AttentionOptions['bias'] {
  const values = toNumbers(mask);
  if (mask.dims.length > 1) {
    const [b, ...rest] = mask.dims;
    const dims = rest.length === 1 ? [b, 1, 1, rest[0]] : [b, 1, ...rest];
    return broadcastBias(
      dims,
      values.map((v) => (v > 0 ? 0 : hidden)),
    );
  }
  return (b, _h, _s, t) => (t < values[b] && t >= (values[batch + b] ?? 0) ? 0 : hidden);
}

export function referenceProjected(form: ProjectedForm, ctx: ReferenceContext): readonly TensorValue[] {
  const sizes = sizesOf(form, knownContext(ctx));
  const { past, batch, heads, queries, keys, size, width, valueWidth } = sizes;
  const all = toNumbers(form.project(ctx));
  const columns = (from: number, count: number): Float64Array => {
    const row = 2 * width + valueWidth;
    const own = Float64Array.from(
      { length: batch * queries * count },
      (_, i) => all[Math.floor(i / count) * row + from + (i % count)],
    );
    return swapHeads(own, batch, queries, heads);
  };
  const before = ctx.inputs[form.past] && toNumbers(ctx.inputs[form.past]!);
  const withPast = (now: Float64Array, which: number): Float64Array => {
    if (before === undefined) return now;
    const half = before.length / 2;
    return appended(before.subarray(which * half, (which + 1) * half), now, batch * heads);
  };
  const k = withPast(columns(width, width), 0);
  const v = withPast(columns(2 * width, valueWidth), 1);
  const biases: AttentionOptions['bias'][] = [];
  const mask = ctx.inputs[form.mask];
  if (mask !== undefined)
    biases.push(maskBias(mask, batch, floatAttr(ctx.node, 'mask_filter_value', -10000)));
  const extra = ctx.inputs[form.extra];
  if (extra !== undefined) biases.push(broadcastBias(extra.dims, toNumbers(extra)));
  if (intAttr(ctx.node, 'unidirectional', 0) === 1) biases.push(causalBias(past));
  const options = { scale: scaleOf(ctx, size), softcap: 0, bias: biasSum(biases) };
  const { y } = attend(columns(0, width), k, v, sizes, options);
  return [
    fromNumbers('float32', [batch, queries, valueWidth], swapHeads(y, batch, heads, queries)),
    fromNumbers('float32', [2, batch, heads, keys, size], Float64Array.of(...k, ...v)),
  ].slice(0, ctx.node.outputs.length);
}

export function inlineProjected(form: ProjectedForm, ctx: InferContext) {
  const sizes = sizesOf(form, ctx);
  const { past, batch, heads, queries, keys, size, valueSize, width, valueWidth } = sizes;
  const mask = ctx.inputs[form.mask];
  if (ctx.inputs[form.bias]?.dtype !== 'float32' || mask?.dims.length === 1) return undefined;
  const body = new AttentionBody(ctx);
  const all = form.projectIn(body, ctx);
  const columns = (from: number, count: number): string =>
    body.split(body.slice(all, from, from + count, 2), batch, queries, heads, count / heads);
  const withPast = (now: string, which: number): string => {
    if (ctx.inputs[form.past] === undefined) return now;
    const half = body.slice(body.input(form.past), which, which + 1, 0);
    return body.concat([body.reshape(half, [batch, heads, past, size]), now], 2);
  };
  const k = withPast(columns(width, width), 0);
  const v = withPast(columns(2 * width, valueWidth), 1);
  const biases: string[] = [];
  if (mask !== undefined) {
    const dims = mask.dims.length === 2 ? [batch, 1, 1, keys] : [batch, 1, queries, keys];
    const hidden = floatAttr(ctx.node, 'mask_filter_value', -10000);
    biases.push(body.reshape(body.maskBias(body.input(form.mask), hidden), dims));
  }
  if (ctx.inputs[form.extra] !== undefined) biases.push(body.input(form.extra));
  if (intAttr(ctx.node, 'unidirectional', 0) === 1) biases.push(body.causal(queries, keys, past));
  const y = body.attend([columns(0, width), k, v], sizes, scaleOf(ctx, size), 0, biases);
  const outputs = [body.join(y, batch, queries, valueWidth)];
  if (ctx.node.outputs.length > 1) {
    const halves = [k, v].map((half) => body.reshape(half, [1, batch, heads, keys, valueSize]));
    outputs.push(body.concat(halves, 0));
  }
  return body.finish(outputs);
}

export function costProjected(form: ProjectedForm, ctx: InferContext): Cost {
  const { batch, heads, queries, keys, size, valueSize, width, valueWidth } = sizesOf(form, ctx);
  const projection = batch * queries * inputType(ctx, form.weights).dims[0] * (2 * width + valueWidth);
  return costOf(projection + batch * heads * queries * keys * (size + valueSize), ctx);
}
