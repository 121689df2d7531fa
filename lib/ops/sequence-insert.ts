// A sequence with one more element, by default at the end.

import { sequence } from '../tensor/tensor.js';
import { inputValue } from './op.js';
import { elementsIn, positionIn, sequenceOp, tensorIn } from './shared/sequence.js';

export const sequenceInsert = sequenceOp({
  op: 'SequenceInsert',
  since: 11,
  inputs: [2, 3],
  reference: (ctx) => {
    const elements = elementsIn(ctx, 0);
    const { dtype } = inputValue(ctx, 0);
    const at = positionIn(ctx, 2, elements.length);
    return sequence(dtype, elements.toSpliced(at, 0, tensorIn(ctx, 1, dtype)));
  },
});
