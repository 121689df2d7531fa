// Upsample and older Resize become Resize of opset 18 with the coordinates that they had.
import { attr } from '../../graph/attribute.js';
import type { Node } from '../../graph/graph.js';
import { floatsAttr, stringAttr } from '../../ops/op.js';
import { tensor, toNumbers } from '../../tensor/tensor.js';
import { type Upgrade, type UpgradeContext, unsupported, withAttributes } from './upgrade.js';

/** Below opset 11 x_original = x / scale; nearest rounds down when enlarging and up when shrinking. */
function asymmetric(
  node: Node,
  ctx: UpgradeContext,
  scales: string,
  constantScales: ArrayLike<number> | undefined,
): Node {
  const factors = Array.from(constantScales ?? []).filter((factor) => factor !== 1);
  const shrinks = factors.length > 0 && factors.every((factor) => factor < 1);
  const mode = stringAttr(node, 'mode', 'nearest');
  if (mode !== 'nearest' && mode !== 'linear' && mode !== 'bilinear')
    unsupported(node, ctx.opset, `Mode '${mode}'`);
  return {
    ...node,
    op: 'Resize',
    inputs: [node.inputs[0]!, '', scales],
    attributes: {
      mode: attr.string(mode === 'bilinear' ? 'linear' : mode),
      coordinate_transformation_mode: attr.string('asymmetric'),
      ...(mode === 'nearest' && { nearest_mode: attr.string(shrinks ? 'ceil' : 'floor') }),
    },
  };
}

const byAttribute: Upgrade = {
  ops: ['Upsample'],
  below: 9,
  raise(node, ctx) {
    const scales = floatsAttr(node, 'scales') ?? [];
    const value = tensor('float32', [scales.length], Float32Array.from(scales));
    return [asymmetric(node, ctx, ctx.constant(`${node.name}/scales`, value), scales)];
  },
};

const byInput: Upgrade = {
  ops: ['Upsample', 'Resize'],
  below: 11,
  raise(node, ctx) {
    const scales = node.inputs[1] ?? '';
    const value = ctx.constantValue(scales);
    return [asymmetric(node, ctx, scales, value && toNumbers(value))];
  },
};

/** From 11 on: empty constants stood for absent inputs, and one coordinate mode of opset 11 is gone. */
const modern: Upgrade = {
  ops: ['Resize'],
  below: 18,
  raise(node, ctx) {
    const inputs = node.inputs.map((name, i) =>
      i > 0 && ctx.constantValue(name)?.data.length === 0 ? '' : name,
    );
    while (inputs.length > 0 && inputs[inputs.length - 1] === '') inputs.pop();
    const raised = { ...node, inputs };
    if (stringAttr(node, 'coordinate_transformation_mode', 'half_pixel') !== 'tf_half_pixel_for_nn')
      return [raised];
    // x_original = (x + 0.5) / scale rounded down is half_pixel's (x + 0.5) / scale - 0.5 rounded half up.
    // Other roundings have no other name: the operator knows the old mode.
    const floors = stringAttr(node, 'nearest_mode', 'round_prefer_floor') === 'floor';
    if (!floors || stringAttr(node, 'mode', 'nearest') !== 'nearest') return [raised];
    return [
      withAttributes(raised, [], {
        coordinate_transformation_mode: attr.string('half_pixel'),
        nearest_mode: attr.string('round_prefer_ceil'),
      }),
    ];
  },
};

/** In order of opset: the first that applies is taken. */
export const resize: readonly Upgrade[] = [byAttribute, byInput, modern];
