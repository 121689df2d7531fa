// An optional: with the input as its value, or without one.
import { dtypeFromOnnx, dtypes } from '../tensor/dtype.js';
import { nothing } from '../tensor/tensor.js';
import { intAttr } from './op.js';
import { sequenceOp } from './shared/sequence.js';

export const optional = sequenceOp({
  op: 'Optional',
  since: 15,
  inputs: [0, 1],
  // A type in the file; the loader keeps the code of its element type.
  attributes: { type: { type: 'int', default: null } },
  reference: ({ inputs, node, where }) =>
    inputs[0] ?? nothing(dtypeFromOnnx(intAttr(node, 'type', dtypes.float32.onnx), where)),
});
