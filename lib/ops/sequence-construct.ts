// A sequence of the inputs.
import { sequence } from '../tensor/tensor.js';
import { sequenceOp, tensorIn } from './shared/sequence.js';

export const sequenceConstruct = sequenceOp({
  op: 'SequenceConstruct',
  since: 11,
  inputs: [1, Number.POSITIVE_INFINITY],
  reference: (ctx) => {
    const { dtype } = tensorIn(ctx, 0);
    return sequence(
      dtype,
      ctx.inputs.map((_, i) => tensorIn(ctx, i, dtype)),
    );
  },
});
