// ListBoxes (ai.kompakt): batch, class and box of all that SelectBoxes has selected: int64 [count, 3].
import { defineOp, inputValue, needValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { boxList } from './shared/box-selection.js';
import { typedInput } from './shared/elements.js';

export const listBoxes = defineOp({
  op: 'ListBoxes',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    typedInput(ctx, 0, ['int32']);
    return [boxList(needValue(ctx, 0))];
  },
  reference: (ctx) => [boxList(inputValue(ctx, 0))],
  sizedByResult: true,
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('its output is indices'),
  lower: 'host',
});
