// Number of elements of a sequence.
import { i64 } from '../tensor/tensor.js';
import { elementsIn, sequenceOp } from './shared/sequence.js';

export const sequenceLength = sequenceOp({
  op: 'SequenceLength',
  since: 11,
  inputs: [1, 1],
  reference: (ctx) => i64([elementsIn(ctx, 0).length], []),
});
