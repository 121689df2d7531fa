// RegexFullMatch: which strings match a pattern from end to end.
import { tensor } from '../tensor/tensor.js';
import { defineOp, inputValue, noMacs, notDifferentiable, staysFloat, stringAttr } from './op.js';
import { typedInput } from './shared/elements.js';
import { fullMatcher } from './shared/regular-expression.js';

export const regexFullMatch = defineOp({
  op: 'RegexFullMatch',
  domain: '',
  since: 20,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { pattern: { type: 'string' } },
  infer: (ctx) => {
    fullMatcher(stringAttr(ctx.node, 'pattern'), ctx.where);
    return [{ dtype: 'bool', dims: typedInput(ctx, 0, ['string']).dims }];
  },
  reference: (ctx) => {
    const { data, dims } = inputValue(ctx, 0);
    const matches = fullMatcher(stringAttr(ctx.node, 'pattern'), ctx.where);
    return [
      tensor(
        'bool',
        dims,
        Uint8Array.from(data as readonly string[], (text) => Number(matches(text))),
      ),
    ];
  },
  gradient: notDifferentiable('it matches strings'),
  cost: noMacs,
  quantize: staysFloat('strings have no scale'),
  lower: 'host',
});
