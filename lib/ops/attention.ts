// Attention (opset 23 on): scaled dot-product attention over Q, K and V of rank 4, or of rank 3 with the heads side by
// side. Inputs: Q, K, V, attn_mask?, past_key?, past_value?, nonpad_kv_seqlen?. Outputs: Y, present_key?,
// present_value?, the scores at the stage that qk_matmul_output_mode names?.
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
  type Attended,
  type AttentionOptions,
  type AttentionSizes,
  appended,
  attend,
  biasSum,
  broadcastBias,
  causalBias,
  lowest,
  swapHeads,
  tensorLike,
} from './shared/attention.js';
import { AttentionBody } from './shared/attention-body.js';
import { checkType, floatTypes, illegalAttribute, illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';

const MASK = 3;
const PAST_KEY = 4;
const PAST_VALUE = 5;
const LENGTHS = 6;
const SCORES = 3;
const stages = ['scores', 'capped', 'biased', 'probabilities'] as const satisfies readonly (keyof Attended)[];

interface Sizes extends AttentionSizes {
  /** Rank 3: heads side by side. */
  readonly flat: boolean;
  /** Keys of the past. */
  readonly past: number;
}

function sizesOf(ctx: InferContext): Sizes {
  const [q, k, v] = [0, 1, 2].map((i) => inputType(ctx, i).dims);
  const past = ctx.inputs[PAST_KEY]?.dims[2] ?? 0;
  const flat = q.length === 3;
  if (![3, 4].includes(q.length) || k.length !== q.length || v.length !== q.length)
    illegalShape('Q, K and V of rank 3 or 4', ctx.where, q);
  const heads = flat ? intAttr(ctx.node, 'q_num_heads') : q[1];
  const kvHeads = flat ? intAttr(ctx.node, 'kv_num_heads') : k[1];
  if (heads < 1 || kvHeads < 1 || heads % kvHeads !== 0)
    illegalAttribute('heads that the heads of K divide', ctx.where, [heads, kvHeads]);
  const time = flat ? 1 : 2;
  const width = (dims: readonly number[], count: number) => (flat ? dims[2] / count : dims[3]);
  const sizes = {
    flat,
    past,
    batch: q[0],
    heads,
    kvHeads,
    queries: q[time],
    keys: past + k[time],
    size: width(q, heads),
    valueSize: width(v, kvHeads),
  };
  if (width(k, kvHeads) !== sizes.size || !Number.isInteger(sizes.size) || !Number.isInteger(sizes.valueSize))
    illegalShape(`keys with heads of ${sizes.size} elements`, ctx.where, k);
  if (v[time] !== k[time] || k[0] !== q[0] || v[0] !== q[0] || (!flat && v[1] !== kvHeads))
    illegalShape('keys and values of one length, batch and number of heads', ctx.where, v);
  return sizes;
}

const scaleOf = (ctx: Pick<InferContext, 'node'>, size: number): number =>
  floatAttr(ctx.node, 'scale', 0) || 1 / Math.sqrt(size);

function infer(ctx: InferContext): readonly TensorType[] {
  const { dtype } = inputType(ctx, 0);
  checkType(dtype, floatTypes, 'Q', ctx.where);
  const { flat, batch, heads, kvHeads, queries, keys, size, valueSize } = sizesOf(ctx);
  if ((ctx.inputs[PAST_KEY] === undefined) !== (ctx.inputs[PAST_VALUE] === undefined))
    illegalShape('past keys and past values together', ctx.where, ctx.node.inputs);
  const mask = ctx.inputs[MASK];
  if (mask !== undefined) {
    checkType(mask.dtype, [...floatTypes, 'bool'], 'a mask', ctx.where);
    const wanted = [batch, heads, queries, keys].slice(4 - mask.dims.length);
    // The last axis may be shorter: keys beyond it are forbidden.
    if (mask.dims.length < 2 || mask.dims.length > 4 || mask.dims.some((d, i) => d !== 1 && d > wanted[i]))
      illegalShape(`a mask that broadcasts to [${wanted.join(',')}]`, ctx.where, mask.dims);
  }
  const y = flat ? [batch, queries, heads * valueSize] : [batch, heads, queries, valueSize];
  const types = [
    y,
    [batch, kvHeads, keys, size],
    [batch, kvHeads, keys, valueSize],
    [batch, heads, queries, keys],
  ];
  return types.slice(0, ctx.node.outputs.length).map((dims) => ({ dtype, dims }));
}

/** The mask as what is added to scores. */
function maskBias(mask: TensorValue, keys: number): AttentionOptions['bias'] {
  const forbidden = mask.dtype === 'bool' ? lowest : Number.NEGATIVE_INFINITY;
  const values = toNumbers(mask);
  const bias = broadcastBias(
    mask.dims,
    mask.dtype === 'bool' ? values.map((v) => (v === 0 ? lowest : 0)) : values,
  );
  const length = mask.dims[mask.dims.length - 1];
  return (b, h, s, t) => (t >= length && length < keys && length !== 1 ? forbidden : bias(b, h, s, t));
}

function reference(ctx: ReferenceContext): readonly TensorValue[] {
  const sizes = sizesOf(knownContext(ctx));
  const { flat, past, batch, heads, kvHeads, queries, keys, size, valueSize } = sizes;
  const plain = (i: number, count: number): Float64Array => {
    const x = inputValue(ctx, i);
    return flat ? swapHeads(toNumbers(x), batch, x.dims[1], count) : toNumbers(x);
  };
  const withPast = (i: number, at: number): Float64Array => {
    const now = plain(i, kvHeads);
    return past === 0 ? now : appended(toNumbers(inputValue(ctx, at)), now, batch * kvHeads);
  };
  const k = withPast(1, PAST_KEY);
  const v = withPast(2, PAST_VALUE);
  const lengths = ctx.inputs[LENGTHS] && toNumbers(ctx.inputs[LENGTHS]);
  const biases: AttentionOptions['bias'][] = [];
  if (ctx.inputs[MASK] !== undefined) biases.push(maskBias(ctx.inputs[MASK], keys));
  if (lengths !== undefined) biases.push((b, _h, _s, t) => (t < lengths[b] ? 0 : Number.NEGATIVE_INFINITY));
  if (intAttr(ctx.node, 'is_causal', 0) === 1)
    biases.push((b, h, s, t) =>
      causalBias(lengths !== undefined && past === 0 ? lengths[b] - queries : past)(b, h, s, t),
    );
  const attended = attend(plain(0, heads), k, v, sizes, {
    scale: scaleOf(ctx, size),
    softcap: floatAttr(ctx.node, 'softcap', 0),
    bias: biasSum(biases),
  });
  const like = inputValue(ctx, 0);
  const y = flat ? swapHeads(attended.y, batch, heads, queries) : attended.y;
  const stage = stages[intAttr(ctx.node, 'qk_matmul_output_mode', 0)];
  return [
    tensorLike(like, flat ? [batch, queries, heads * valueSize] : [batch, heads, queries, valueSize], y),
    tensorLike(like, [batch, kvHeads, keys, size], k),
    tensorLike(like, [batch, kvHeads, keys, valueSize], v),
    tensorLike(like, [batch, heads, queries, keys], attended[stage]),
  ].slice(0, ctx.node.outputs.length);
}

export const attention = defineOp({
  op: 'Attention',
  domain: '',
  since: 23,
  inputs: [3, 7],
  outputs: [1, 4],
  attributes: {
    is_causal: { type: 'int', default: 0 },
    kv_num_heads: { type: 'int', default: null },
    q_num_heads: { type: 'int', default: null },
    qk_matmul_output_mode: { type: 'int', default: 0 },
    scale: { type: 'float', default: null },
    softcap: { type: 'float', default: 0 },
    softmax_precision: { type: 'int', default: null },
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
    const mask = ctx.inputs[MASK];
    const sizes = sizesOf(ctx);
    const { flat, past, batch, heads, kvHeads, queries, keys, size, valueSize } = sizes;
    const whole = mask === undefined || [1, keys].includes(mask.dims[mask.dims.length - 1]);
    const wantsScores = (ctx.node.outputs[SCORES] ?? '') !== '';
    if (ctx.inputs[0]?.dtype !== 'float32' || ctx.inputs[LENGTHS] !== undefined || wantsScores || !whole)
      return undefined;
    const body = new AttentionBody(ctx);
    const split = (i: number, count: number, width: number): string => {
      const length = inputType(ctx, i).dims[flat ? 1 : 2];
      return flat ? body.split(body.input(i), batch, length, count, width) : body.input(i);
    };
    const withPast = (i: number, at: number, width: number): string => {
      const now = split(i, kvHeads, width);
      return ctx.inputs[at] === undefined ? now : body.concat([body.input(at), now], 2);
    };
    const k = withPast(1, PAST_KEY, size);
    const v = withPast(2, PAST_VALUE, valueSize);
    const biases: string[] = [];
    if (mask !== undefined)
      biases.push(mask.dtype === 'bool' ? body.maskBias(body.input(MASK)) : body.input(MASK));
    if (intAttr(ctx.node, 'is_causal', 0) === 1) biases.push(body.causal(queries, keys, past));
    const y = body.attend(
      [split(0, heads, size), k, v],
      sizes,
      scaleOf(ctx, size),
      floatAttr(ctx.node, 'softcap', 0),
      biases,
      mask?.dtype === 'bool' ? body.input(MASK) : undefined,
    );
    return body.finish([flat ? body.join(y, batch, queries, heads * valueSize) : y, k, v]);
  },
});
