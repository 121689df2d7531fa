// Operators that changed name, lost an attribute or got another default.
import { attr } from '../../graph/attribute.js';
import { intAttr } from '../../ops/op.js';
import { type Upgrade, unsupported, withAttributes } from './upgrade.js';

/** `spatial` = 0 (statistics per element) is gone; the training outputs of old forms mean nothing to inference. */
const batchNormalization: Upgrade = {
  ops: ['BatchNormalization'],
  below: 14,
  raise(node, ctx) {
    if (ctx.opset < 9 && intAttr(node, 'spatial', 1) === 0) unsupported(node, ctx.opset, 'spatial = 0');
    return [
      {
        ...withAttributes(node, ['consumed_inputs', 'is_test', 'spatial']),
        outputs: node.outputs.slice(0, 1),
      },
    ];
  },
};

const scatter: Upgrade = {
  ops: ['Scatter'],
  below: 18,
  raise: (node) => [{ ...node, op: 'ScatterElements' }],
};

/** The default coordinates moved by half a pixel in opset 16. */
const roiAlign: Upgrade = {
  ops: ['RoiAlign'],
  below: 16,
  raise: (node) => [
    withAttributes(node, [], { coordinate_transformation_mode: attr.string('output_half_pixel') }),
  ],
};

export const renamed: readonly Upgrade[] = [batchNormalization, roiAlign, scatter];
