// A sequence without elements.
import { dtypeFromOnnx, dtypes } from '../tensor/dtype.js';
import { sequence } from '../tensor/tensor.js';
import { intAttr } from './op.js';
import { sequenceOp } from './shared/sequence.js';

export const sequenceEmpty = sequenceOp({
  op: 'SequenceEmpty',
  since: 11,
  inputs: [0, 0],
  attributes: { dtype: { type: 'int', default: dtypes.float32.onnx } },
  reference: ({ node, where }) =>
    sequence(dtypeFromOnnx(intAttr(node, 'dtype', dtypes.float32.onnx), where), []),
});
