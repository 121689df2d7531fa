// A sequence without one of its elements, by default the last.

import { sequence } from '../tensor/tensor.js';
import { inputValue } from './op.js';
import { elementsIn, positionIn, sequenceOp } from './shared/sequence.js';

export const sequenceErase = sequenceOp({
  op: 'SequenceErase',
  since: 11,
  inputs: [1, 2],
  reference: (ctx) => {
    const elements = elementsIn(ctx, 0);
    const at = positionIn(ctx, 1, elements.length - 1);
    return sequence(inputValue(ctx, 0).dtype, elements.toSpliced(at, 1));
  },
});
