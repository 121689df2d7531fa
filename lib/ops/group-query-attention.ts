// GroupQueryAttention (com.microsoft): causal attention with a cache of keys and values. Inputs: query (or Q, K and V side
// by side), key?, value?, past_key?, past_value?, seqlens_k (last position of each sample), total_sequence_length,
// cos_cache?, sin_cache?. The caches are as long as the longest sample; positions after a sample's own are 0.
import { type TensorValue, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  floatAttr,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  needValue,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
  type TensorType,
} from './op.js';
import { type AttentionSizes, attend, swapHeads, tensorLike } from './shared/attention.js';
import { checkType, illegalAttribute, illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';
import { rotate } from './shared/rotary.js';

const [PAST_KEY, PAST_VALUE, LAST, TOTAL, COS, SIN] = [3, 4, 5, 6, 7, 8];

interface Sizes extends AttentionSizes {
  readonly packed: boolean;
}

function sizesOf(ctx: InferContext): Sizes {
  const { node, where } = ctx;
  const [heads, kvHeads] = [intAttr(node, 'num_heads'), intAttr(node, 'kv_num_heads')];
  const q = inputType(ctx, 0).dims;
  if (q.length !== 3) illegalShape('a query of rank 3', where, q);
  if (heads < 1 || kvHeads < 1 || heads % kvHeads !== 0)
    illegalAttribute('heads that the heads of K divide', where, [heads, kvHeads]);
  const packed = ctx.inputs[1] === undefined;
  const size = q[2] / (packed ? heads + 2 * kvHeads : heads);
  if (!Number.isInteger(size)) illegalShape(`a width that ${heads} heads share`, where, q);
  for (const i of packed ? [] : [1, 2])
    if (inputType(ctx, i).dims.join() !== [q[0], q[1], kvHeads * size].join())
      illegalShape(
        `keys and values of shape [${q[0]},${q[1]},${kvHeads * size}]`,
        where,
        inputType(ctx, i).dims,
      );
  const past = ctx.inputs[PAST_KEY]?.dims[2] ?? 0;
  const keys = Math.max(past, toNumbers(needValue(ctx, TOTAL))[0]);
  return { packed, batch: q[0], heads, kvHeads, queries: q[1], keys, size, valueSize: size };
}

function infer(ctx: InferContext): readonly TensorType[] {
  const { dtype } = inputType(ctx, 0);
  checkType(dtype, ['float32', 'float16'], 'a query', ctx.where);
  checkType(inputType(ctx, LAST).dtype, ['int32'], 'lengths', ctx.where);
  for (const name of ['smooth_softmax', 'qk_output', 'sliding_window_cache'])
    if (intAttr(ctx.node, name, 0) > 0) illegalAttribute(`${name} 0`, ctx.where, intAttr(ctx.node, name));
  const { batch, heads, kvHeads, queries, keys, size } = sizesOf(ctx);
  const cache = [batch, kvHeads, keys, size];
  return [[batch, queries, heads * size], cache, cache]
    .slice(0, ctx.node.outputs.length)
    .map((dims) => ({ dtype, dims }));
}

function reference(ctx: ReferenceContext): readonly TensorValue[] {
  const sizes = sizesOf(knownContext(ctx));
  const { packed, batch, heads, kvHeads, queries, keys, size } = sizes;
  const last = toNumbers(inputValue(ctx, LAST));
  // The first run gives the whole text, padded at its end; later ones go on where each sample stands.
  const first = queries === toNumbers(inputValue(ctx, TOTAL))[0];
  const before = (b: number): number => (first ? 0 : last[b] + 1 - queries);
  const query = toNumbers(inputValue(ctx, 0));
  const part = (from: number, count: number): Float64Array => {
    const row = (heads + 2 * kvHeads) * size;
    return Float64Array.from(
      { length: batch * queries * count * size },
      (_, i) => query[Math.floor(i / (count * size)) * row + from * size + (i % (count * size))],
    );
  };
  const plain = (i: number, from: number, count: number): Float64Array =>
    swapHeads(packed ? part(from, count) : toNumbers(inputValue(ctx, i)), batch, queries, count);
  const turned = (x: Float64Array, count: number): Float64Array => {
    if (intAttr(ctx.node, 'do_rotary', 0) === 0) return x;
    const cos = inputValue(ctx, COS);
    const rotation = {
      width: 2 * cos.dims[1],
      interleaved: intAttr(ctx.node, 'rotary_interleaved', 0) === 1,
    };
    const shape = [batch, count, queries, size] as const;
    return rotate(x, shape, cos, inputValue(ctx, SIN), (b, s) => before(b) + s, rotation);
  };
  /** The cache with the new rows behind what each sample had. */
  const cached = (now: Float64Array, i: number): Float64Array => {
    const out = new Float64Array(batch * kvHeads * keys * size);
    const past = ctx.inputs[i];
    const length = past?.dims[2] ?? 0;
    const values = past && toNumbers(past);
    for (let row = 0; row < batch * kvHeads; row++) {
      const start = row * keys * size;
      const had = before(Math.floor(row / kvHeads));
      if (values !== undefined)
        out.set(values.subarray(row * length * size, (row + 1) * length * size), start);
      out.set(now.subarray(row * queries * size, (row + 1) * queries * size), start + had * size);
    }
    return out;
  };
  const k = cached(turned(plain(1, heads, kvHeads), kvHeads), PAST_KEY);
  const v = cached(plain(2, heads + kvHeads, kvHeads), PAST_VALUE);
  const window = intAttr(ctx.node, 'local_window_size', -1);
  const { y } = attend(turned(plain(0, 0, heads), heads), k, v, sizes, {
    scale: floatAttr(ctx.node, 'scale', 0) || 1 / Math.sqrt(size),
    softcap: floatAttr(ctx.node, 'softcap', 0),
    bias: (b, _h, s, t) => {
      const at = before(b) + s;
      const visible = t <= at && (window < 0 || t > at - window);
      return visible ? 0 : Number.NEGATIVE_INFINITY;
    },
  });
  const like = inputValue(ctx, 0);
  const cache = [batch, kvHeads, keys, size];
  return [
    tensorLike(like, [batch, queries, heads * size], swapHeads(y, batch, heads, queries)),
    tensorLike(like, cache, k),
    tensorLike(like, cache, v),
  ].slice(0, ctx.node.outputs.length);
}

export const groupQueryAttention = defineOp({
  op: 'GroupQueryAttention',
  domain: 'com.microsoft',
  since: 1,
  inputs: [7, 9],
  optional: [1, 2, PAST_KEY, PAST_VALUE],
  outputs: [1, 3],
  attributes: {
    do_rotary: { type: 'int', default: 0 },
    kv_num_heads: { type: 'int' },
    local_window_size: { type: 'int', default: -1 },
    num_heads: { type: 'int' },
    qk_output: { type: 'int', default: 0 },
    rotary_interleaved: { type: 'int', default: 0 },
    scale: { type: 'float', default: null },
    sliding_window_cache: { type: 'int', default: 0 },
    smooth_softmax: { type: 'int', default: 0 },
    softcap: { type: 'float', default: 0 },
  },
  infer,
  reference,
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx) => {
    const { batch, heads, queries, keys, size } = sizesOf(ctx);
    return { macs: 2 * batch * heads * queries * keys * size, weightBytes: 0 };
  },
  quantize: staysFloat('shares of attention need more than 8 bits'),
  lower: 'host',
});
