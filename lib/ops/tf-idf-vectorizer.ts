// Counts n-grams of a pool in rows of integers or strings, also with gaps between their items, and weights the counts.
import { fromNumbers, type TensorValue } from '../tensor/tensor.js';
import {
  defineOp,
  floatsAttr,
  type InferContext,
  inputValue,
  intAttr,
  intsAttr,
  noMacs,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
  stringAttr,
  stringsAttr,
} from './op.js';
import { typedInput } from './shared/elements.js';
import { illegalAttribute, illegalShape } from './shared/illegal.js';

export const tfIdfVectorizer = defineOp({
  op: 'TfIdfVectorizer',
  domain: '',
  since: 9,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {
    max_gram_length: { type: 'int' },
    max_skip_count: { type: 'int' },
    min_gram_length: { type: 'int' },
    mode: { type: 'string' },
    ngram_counts: { type: 'ints' },
    ngram_indexes: { type: 'ints' },
    pool_int64s: { type: 'ints', default: null },
    pool_strings: { type: 'strings', default: null },
    weights: { type: 'floats', default: null },
  },
  infer: (ctx) => {
    const { dims } = typedInput(ctx, 0, ['string', 'int32', 'int64']);
    if (dims.length !== 1 && dims.length !== 2) illegalShape('an input of rank 1 or 2', ctx.where, dims);
    return [{ dtype: 'float32', dims: [...dims.slice(0, -1), columnsOf(ctx)] }];
  },
  reference,
  gradient: notDifferentiable('strings have no gradient'),
  cost: noMacs,
  quantize: staysFloat('counts are not approximations'),
  lower: 'host',
});

const columnsOf = (ctx: Pick<InferContext, 'node'>): number =>
  1 + (intsAttr(ctx.node, 'ngram_indexes') ?? []).reduce((most, index) => Math.max(most, index), -1);

const weighted: Readonly<Record<string, (count: number, weight: number) => number>> = {
  TF: (count) => count,
  IDF: (count, weight) => (count > 0 ? weight : 0),
  TFIDF: (count, weight) => count * weight,
};

const keyOf = (items: readonly (string | number | bigint)[]): string => items.map(String).join('\u0000');

/** Position in ngram_indexes of every n-gram of the pool. */
function readPool(ctx: ReferenceContext): Map<string, number> {
  const pool = stringsAttr(ctx.node, 'pool_strings') ?? intsAttr(ctx.node, 'pool_int64s') ?? [];
  const starts = intsAttr(ctx.node, 'ngram_counts') ?? [];
  if (starts.some((start, i) => start < (starts[i - 1] ?? 0) || start > pool.length))
    illegalAttribute(`ngram_counts that rise to ${pool.length} at most`, ctx.where, starts);
  const ids = new Map<string, number>();
  let id = 0;
  starts.forEach((start, i) => {
    const end = starts[i + 1] ?? pool.length;
    for (let at = start; at + i < end; at += i + 1) ids.set(keyOf(pool.slice(at, at + i + 1)), id++);
  });
  return ids;
}

function reference(ctx: ReferenceContext): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  const mode = stringAttr(ctx.node, 'mode');
  const weigh = weighted[mode];
  if (weigh === undefined) illegalAttribute('mode TF, IDF or TFIDF', ctx.where, mode);
  const indexes = intsAttr(ctx.node, 'ngram_indexes') ?? [];
  const weights = floatsAttr(ctx.node, 'weights');
  const ids = readPool(ctx);
  const columns = columnsOf(ctx);
  const length = x.dims[x.dims.length - 1];
  const rows = x.dims.length === 2 ? x.dims[0] : 1;
  const y = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const items = Array.from(x.data.slice(row * length, (row + 1) * length) as ArrayLike<string | number>);
    for (const [id, count] of countGrams(ctx, items, ids))
      y[row * columns + indexes[id]] = weigh(count, weights?.[id] ?? 1);
  }
  return [fromNumbers('float32', [...x.dims.slice(0, -1), columns], y)];
}

/** How often each n-gram of the pool occurs, by its position. */
function countGrams(
  ctx: ReferenceContext,
  items: readonly (string | number)[],
  ids: ReadonlyMap<string, number>,
): Map<number, number> {
  const shortest = Math.max(1, intAttr(ctx.node, 'min_gram_length'));
  const longest = Math.min(items.length, intAttr(ctx.node, 'max_gram_length'));
  const widest = Math.min(items.length, intAttr(ctx.node, 'max_skip_count') + 1);
  const counts = new Map<number, number>();
  for (let gap = 1; gap <= widest; gap++)
    for (let n = shortest; n <= longest; n++) {
      // Single items have no gaps: they are counted once.
      if (n === 1 && gap > 1) continue;
      for (let start = 0; start + (n - 1) * gap < items.length; start++) {
        const id = ids.get(keyOf(Array.from({ length: n }, (_, i) => items[start + i * gap])));
        if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
  return counts;
}
