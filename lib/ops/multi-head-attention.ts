// MultiHeadAttention (com.microsoft): attention over projected Q, K and V. Inputs: query, key, value (K and V may be
// [batch, heads, length, size]), bias?, key_padding_mask?, attention_bias?, past_key?, past_value?. Outputs: Y,
// present_key?, present_value?.
import { type TensorValue, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  floatAttr,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
  type TensorType,
} from './op.js';
import {
  type AttentionOptions,
  type AttentionSizes,
  appended,
  attend,
  biasSum,
  broadcastBias,
  causalBias,
  swapHeads,
  tensorLike,
} from './shared/attention.js';
import { AttentionBody } from './shared/attention-body.js';
import { checkType, illegalAttribute, illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';

const [BIAS, MASK, EXTRA, PAST] = [3, 4, 5, 6];

interface Sizes extends AttentionSizes {
  readonly past: number;
}

function sizesOf(ctx: InferContext): Sizes {
  const heads = intAttr(ctx.node, 'num_heads');
  const q = inputType(ctx, 0).dims;
  if (q.length !== 3 || heads < 1 || ctx.inputs[1] === undefined || ctx.inputs[2] === undefined)
    illegalShape('a query of rank 3 with key and value of their own', ctx.where, q);
  const [k, v] = [inputType(ctx, 1).dims, inputType(ctx, 2).dims];
  const length = (dims: readonly number[]) => (dims.length === 4 ? dims[2] : dims[1]);
  const width = (dims: readonly number[]) => (dims.length === 4 ? dims[3] : dims[2] / heads);
  const past = ctx.inputs[PAST]?.dims[2] ?? 0;
  const sizes = {
    past,
    batch: q[0],
    heads,
    kvHeads: heads,
    queries: q[1],
    keys: past + length(k),
    size: q[2] / heads,
    valueSize: width(v),
  };
  const legal = [k, v].every((d) => (d.length === 3 || (d.length === 4 && d[1] === heads)) && d[0] === q[0]);
  if (!legal || width(k) !== sizes.size || length(k) !== length(v))
    illegalShape(`keys and values for ${heads} heads of ${sizes.size} elements`, ctx.where, [k, v]);
  if (!Number.isInteger(sizes.size) || !Number.isInteger(sizes.valueSize))
    illegalShape(`a width that ${heads} heads share`, ctx.where, q);
  return sizes;
}

function infer(ctx: InferContext): readonly TensorType[] {
  const { dtype } = inputType(ctx, 0);
  checkType(dtype, ['float32'], 'a query', ctx.where);
  const { batch, heads, queries, keys, size, valueSize } = sizesOf(ctx);
  if ((ctx.inputs[PAST] === undefined) !== (ctx.inputs[PAST + 1] === undefined))
    illegalShape('past keys and past values together', ctx.where, ctx.node.inputs);
  const bias = ctx.inputs[BIAS]?.dims.join();
  if (bias !== undefined && bias !== `${heads * (2 * size + valueSize)}`)
    illegalShape(`a bias of shape [${heads * (2 * size + valueSize)}]`, ctx.where, ctx.inputs[BIAS]?.dims);
  const mask = ctx.inputs[MASK];
  if (mask !== undefined) {
    checkType(mask.dtype, ['int32'], 'a mask', ctx.where);
    const shapes = [[batch], [batch, keys], [batch, queries, keys]].map((dims) => dims.join());
    if (!shapes.includes(mask.dims.join()))
      illegalShape(`a mask of shape [${shapes.join('] or [')}]`, ctx.where, mask.dims);
  }
  if (ctx.node.outputs.length > 3) illegalAttribute('no output of scores', ctx.where, ctx.node.outputs);
  const types = [
    [batch, queries, heads * valueSize],
    [batch, heads, keys, size],
    [batch, heads, keys, valueSize],
  ];
  return types.slice(0, ctx.node.outputs.length).map((dims) => ({ dtype, dims }));
}

const scaleOf = (ctx: Pick<InferContext, 'node'>, size: number): number =>
  floatAttr(ctx.node, 'scale', 0) || 1 / Math.sqrt(size);

const hiddenOf = (ctx: Pick<InferContext, 'node'>): number =>
  floatAttr(ctx.node, 'mask_filter_value', -10000);

function reference(ctx: ReferenceContext): readonly TensorValue[] {
  const sizes = sizesOf(knownContext(ctx));
  const { past, batch, heads, queries, keys, size, valueSize } = sizes;
  const bias = ctx.inputs[BIAS] && toNumbers(ctx.inputs[BIAS]);
  /** Input i as [batch, heads, length, size], with its part of the bias. */
  const plain = (i: number): Float64Array => {
    const x = inputValue(ctx, i);
    const values = toNumbers(x);
    if (x.dims.length === 4) return values;
    const width = x.dims[2];
    if (bias !== undefined)
      for (let at = 0; at < values.length; at++) values[at] += bias[i * heads * size + (at % width)];
    return swapHeads(values, batch, x.dims[1], heads);
  };
  const withPast = (i: number): Float64Array =>
    past === 0 ? plain(i) : appended(toNumbers(inputValue(ctx, PAST + i - 1)), plain(i), batch * heads);
  const [k, v] = [withPast(1), withPast(2)];
  const biases: AttentionOptions['bias'][] = [];
  const mask = ctx.inputs[MASK];
  if (mask !== undefined) {
    const values = toNumbers(mask);
    const added = values.map((m) => (m > 0 ? 0 : hiddenOf(ctx)));
    const [b, ...rest] = mask.dims;
    if (rest.length === 0) biases.push((n, _h, _s, t) => (t < values[n] ? 0 : hiddenOf(ctx)));
    else biases.push(broadcastBias(rest.length === 1 ? [b, 1, 1, rest[0]] : [b, 1, ...rest], added));
  }
  if (ctx.inputs[EXTRA] !== undefined)
    biases.push(broadcastBias(ctx.inputs[EXTRA].dims, toNumbers(ctx.inputs[EXTRA])));
  if (intAttr(ctx.node, 'unidirectional', 0) === 1) biases.push(causalBias(past));
  const options = { scale: scaleOf(ctx, size), softcap: 0, bias: biasSum(biases) };
  const { y } = attend(plain(0), k, v, sizes, options);
  const like = inputValue(ctx, 0);
  return [
    tensorLike(like, [batch, queries, heads * valueSize], swapHeads(y, batch, heads, queries)),
    tensorLike(like, [batch, heads, keys, size], k),
    tensorLike(like, [batch, heads, keys, valueSize], v),
  ].slice(0, ctx.node.outputs.length);
}

export const multiHeadAttention = defineOp({
  op: 'MultiHeadAttention',
  domain: 'com.microsoft',
  since: 1,
  inputs: [3, 8],
  outputs: [1, 3],
  attributes: {
    mask_filter_value: { type: 'float', default: -10000 },
    num_heads: { type: 'int' },
    scale: { type: 'float', default: null },
    unidirectional: { type: 'int', default: 0 },
  },
  infer,
  reference,
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx) => {
    const { batch, heads, queries, keys, size, valueSize } = sizesOf(ctx);
    return { macs: batch * heads * queries * keys * (size + valueSize), weightBytes: 0 };
  },
  quantize: staysFloat('shares of attention need more than 8 bits'),
  lower: 'host',
  inline: (ctx) => {
    const sizes = sizesOf(ctx);
    const { past, batch, heads, queries, keys, size, valueSize } = sizes;
    const mask = ctx.inputs[MASK];
    if (mask?.dims.length === 1) return undefined;
    const body = new AttentionBody(ctx);
    const plain = (i: number, width: number): string => {
      const { dims } = inputType(ctx, i);
      if (dims.length === 4) return body.input(i);
      const from = i * heads * size;
      const x =
        ctx.inputs[BIAS] === undefined
          ? body.input(i)
          : body.add(body.input(i), body.slice(body.input(BIAS), from, from + heads * width, 0));
      return body.split(x, batch, dims[1], heads, width);
    };
    const withPast = (i: number, width: number): string =>
      past === 0 ? plain(i, width) : body.concat([body.input(PAST + i - 1), plain(i, width)], 2);
    const [k, v] = [withPast(1, size), withPast(2, valueSize)];
    const biases: string[] = [];
    if (mask !== undefined) {
      const dims = mask.dims.length === 2 ? [batch, 1, 1, keys] : [batch, 1, queries, keys];
      biases.push(body.reshape(body.maskBias(body.input(MASK), hiddenOf(ctx)), dims));
    }
    if (ctx.inputs[EXTRA] !== undefined) biases.push(body.input(EXTRA));
    if (intAttr(ctx.node, 'unidirectional', 0) === 1) biases.push(body.causal(queries, keys, past));
    const y = body.attend([plain(0, size), k, v], sizes, scaleOf(ctx, size), 0, biases);
    return body.finish([body.join(y, batch, queries, heads * valueSize), k, v]);
  },
});
