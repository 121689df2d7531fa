// Selects boxes by score per batch and class, dropping those that overlap a better one too much: int64 [count, 3].
import { attr } from '../graph/attribute.js';
import { scalarOf, type TensorValue } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  intAttr,
  needValue,
  noMacs,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
} from './op.js';
import { Body } from './shared/body.js';
import { boxDims, boxesSelected, boxInputs, boxList } from './shared/box-selection.js';
import { knownContext } from './shared/known-context.js';

export const nonMaxSuppression = defineOp({
  op: 'NonMaxSuppression',
  domain: '',
  since: 10,
  inputs: [2, 5],
  outputs: [1, 1],
  attributes: { center_point_box: { type: 'int', default: 0 } },
  infer: (ctx) => {
    boxDims(ctx);
    const inputs = ctx.inputs.map((type, i) => type && needValue(ctx, i));
    return [reference({ ...ctx, inputs })];
  },
  reference: (ctx) => [reference(ctx)],
  sizedByResult: true,
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('its output is indices'),
  lower: 'host',
  // All but the last step, of which only data tell the size, has a native form.
  inline: (ctx) => {
    const { boxes } = boxDims(ctx);
    const body = new Body(ctx);
    const selected = body.one(
      'SelectBoxes',
      ctx.node.inputs,
      {
        center_point_box: attr.int(intAttr(ctx.node, 'center_point_box', 0)),
        most: attr.int(Math.min(boxes, mostSelected(ctx))),
      },
      'ai.kompakt',
    );
    return body.finish([body.one('ListBoxes', [selected], {}, 'ai.kompakt')], 'int64');
  },
});

const reference = (ctx: ReferenceContext): TensorValue =>
  boxList(boxesSelected(ctx, boxDims(knownContext(ctx)).boxes));

/** Of one batch and class, as far as that is known before the run. */
function mostSelected(ctx: InferContext): number {
  if (ctx.inputs[boxInputs.limit] === undefined) return 0;
  const limit = ctx.value(boxInputs.limit);
  return limit === undefined ? Number.POSITIVE_INFINITY : Math.max(0, scalarOf(limit, ctx.where));
}
