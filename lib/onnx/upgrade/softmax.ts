// Softmax, LogSoftmax and Hardmax below opset 13 flatten the input to two dimensions at `axis` (default 1) and work
// on the second; from 13 on they work along one axis (default -1) of the input as it is.
import { attr } from '../../graph/attribute.js';
import { intAttr } from '../../ops/op.js';
import { helper, type Upgrade, withAttributes } from './upgrade.js';

export const softmax: Upgrade = {
  ops: ['Softmax', 'LogSoftmax', 'Hardmax'],
  below: 13,
  raise(node, ctx) {
    const axis = intAttr(node, 'axis', 1);
    const [x] = node.inputs as [string];
    const rank = ctx.rankOf(x);
    const last = axis === -1 || (rank !== undefined && axis === rank - 1);
    const along = withAttributes(node, ['axis'], { axis: attr.int(-1) });
    if (last) return [along];
    const shape = helper(node, ctx, 'Shape', [x]);
    const flat = helper(node, ctx, 'Flatten', [x], { axis: attr.int(axis) });
    const result = ctx.fresh(`${node.name}/flat`);
    return [
      shape,
      flat,
      { ...along, inputs: flat.outputs, outputs: [result] },
      // A 0 in the shape is a size, not a request to copy one.
      {
        ...helper(node, ctx, 'Reshape', [result, shape.outputs[0]!], { allowzero: attr.int(1) }),
        outputs: node.outputs,
      },
    ];
  },
};
