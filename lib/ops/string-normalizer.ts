// Removes stopwords from a list of strings and changes the case of the rest. Without any left: one empty string.
import { tensor } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  intAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
  stringAttr,
  stringsAttr,
} from './op.js';
import { typedInput } from './shared/elements.js';
import { illegalAttribute, illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';

const cases: Readonly<Record<string, (text: string) => string>> = {
  NONE: (text) => text,
  LOWER: (text) => text.toLowerCase(),
  UPPER: (text) => text.toUpperCase(),
};

export const stringNormalizer = defineOp({
  op: 'StringNormalizer',
  domain: '',
  since: 10,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {
    case_change_action: { type: 'string', default: 'NONE' },
    is_case_sensitive: { type: 'int', default: 0 },
    locale: { type: 'string', default: null },
    stopwords: { type: 'strings', default: null },
  },
  infer: (ctx) => [{ dtype: 'string', dims: normalized(ctx).dims }],
  reference: (ctx) => {
    const { dims, words } = normalized(knownContext(ctx));
    return [tensor('string', dims, words)];
  },
  gradient: notDifferentiable('strings have no gradient'),
  cost: noMacs,
  quantize: staysFloat('strings have no scale'),
  lower: 'host',
});

function normalized(ctx: InferContext): { dims: number[]; words: string[] } {
  const { dims } = typedInput(ctx, 0, ['string']);
  if (dims.length !== 1 && !(dims.length === 2 && dims[0] === 1))
    illegalShape('strings of shape [C] or [1,C]', ctx.where, dims);
  const action = stringAttr(ctx.node, 'case_change_action', 'NONE');
  const change = cases[action];
  if (change === undefined)
    illegalAttribute(`case_change_action ${Object.keys(cases).join(', ')}`, ctx.where, action);
  const key = (text: string) => (intAttr(ctx.node, 'is_case_sensitive', 0) === 1 ? text : text.toLowerCase());
  const stopwords = new Set(stringsAttr(ctx.node, 'stopwords')?.map(key));
  const kept = (needValue(ctx, 0).data as readonly string[]).filter((text) => !stopwords.has(key(text)));
  const words = kept.length > 0 ? kept.map(change) : [''];
  return { dims: [...dims.slice(0, -1), words.length], words };
}
