// Splits strings at a delimiter (or at white space) into a new last axis, filled with empty strings; and how many there are.
import { fromNumbers, tensor } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  intAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
  stringAttr,
} from './op.js';
import { typedInput } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';

const longestOf = (lists: readonly (readonly string[])[]): number =>
  lists.reduce((most, pieces) => Math.max(most, pieces.length), 0);

export const stringSplit = defineOp({
  op: 'StringSplit',
  domain: '',
  since: 20,
  inputs: [1, 1],
  outputs: [1, 2],
  attributes: { delimiter: { type: 'string', default: '' }, maxsplit: { type: 'int', default: null } },
  infer: (ctx) => {
    const { dims } = typedInput(ctx, 0, ['string']);
    const longest = longestOf(piecesOf(ctx));
    const outputs = [
      { dtype: 'string', dims: [...dims, longest] } as const,
      { dtype: 'int64', dims } as const,
    ];
    return outputs.slice(0, ctx.node.outputs.length);
  },
  reference: (ctx) => {
    const pieces = piecesOf(knownContext(ctx));
    const { dims } = inputType(knownContext(ctx), 0);
    const counts = pieces.map((some) => some.length);
    const longest = longestOf(pieces);
    const padded = pieces.flatMap((some) => Array.from({ length: longest }, (_, i) => some[i] ?? ''));
    const outputs = [tensor('string', [...dims, longest], padded), fromNumbers('int64', dims, counts)];
    return outputs.slice(0, ctx.node.outputs.length);
  },
  gradient: notDifferentiable('strings have no gradient'),
  cost: noMacs,
  quantize: staysFloat('strings have no scale'),
  lower: 'host',
});

function piecesOf(ctx: InferContext): string[][] {
  const delimiter = stringAttr(ctx.node, 'delimiter', '');
  const most = ctx.node.attributes.maxsplit === undefined ? Infinity : intAttr(ctx.node, 'maxsplit');
  const texts = needValue(ctx, 0).data as readonly string[];
  return texts.map((text) => (delimiter === '' ? words(text, most) : parts(text, delimiter, most)));
}

/** What is left after `most` cuts stays together. */
function parts(text: string, delimiter: string, most: number): string[] {
  const all = text.split(delimiter);
  return all.length <= most + 1 ? all : [...all.slice(0, most), all.slice(most).join(delimiter)];
}

function words(text: string, most: number): string[] {
  const found: string[] = [];
  let rest = text.trim();
  while (rest !== '' && found.length < most) {
    const [word] = /^\S+/.exec(rest)!;
    found.push(word);
    rest = rest.slice(word.length).trimStart();
  }
  return rest === '' ? found : [...found, rest];
}
