// SelectBoxes (ai.kompakt): NonMaxSuppression with a result whose shape types tell: int32 [N, C, most], for every batch and
// class the boxes that are selected, best first, and -1 after the last. `most` is at least what the limit lets through.
import { defineOp, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { boxDims, boxesSelected, boxInputs } from './shared/box-selection.js';
import { readPlain } from './shared/layout.js';

export const selectBoxes = defineOp({
  op: 'SelectBoxes',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 5],
  outputs: [1, 1],
  attributes: { center_point_box: { type: 'int', default: 0 }, most: { type: 'int' } },
  infer: (ctx) => {
    const { batches, classes } = boxDims(ctx);
    return [{ dtype: 'int32', dims: [batches, classes, intAttr(ctx.node, 'most')] }];
  },
  reference: (ctx) => [boxesSelected(ctx, intAttr(ctx.node, 'most'))],
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('its output is indices'),
  lower: (ctx) => {
    const inputs = Object.values(boxInputs).map((i) =>
      ctx.inputs[i] === undefined ? null : readPlain(ctx, i),
    );
    ctx.emit('select_boxes', inputs, [ctx.write(0, 'plain')], {
      centers: Number(intAttr(ctx.node, 'center_point_box', 0) === 1),
    });
    return true;
  },
});
